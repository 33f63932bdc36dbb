"""BYOL, R3D-18, pretrained on Kinetics-400: 200 epochs, batch 256 in total (8 GPUs x 32)."""

from mmengine.config import read_base

from mlfo_mm.models import BYOL, CosinePredictionLoss

with read_base():
    from ..backbones.r3d18 import *
    from ..profiles.paper import *
    from ..schedules.sgd_cosine import *
    from ..views.two_clips import *

method, variant = 'byol', 'default'
pretrain_dataset = 'kinetics400'
model = dict(
    type=BYOL,
    projection=dict(num_layers=2, hidden_channels=4096, out_channels=256),
    prediction=dict(type=CosinePredictionLoss),
    momentum=0.996,
)
train_cfg.update(max_epochs=200)
optim_wrapper.optimizer.update(lr=0.05)  # LARS in the paper; SGD and its rate are a reconstruction
method_at = (
    dict(  # projections as much narrower as the backbone; a short run: the target must keep up
        small=dict(
            model=dict(momentum=0.99, projection=dict(hidden_channels=256, out_channels=64))
        ),
        smoke=dict(model=dict(projection=dict(hidden_channels=16, out_channels=16))),
    )
)
