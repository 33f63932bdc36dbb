"""SimCLR as in CVRL, R3D-18, pretrained on Kinetics-400: 200 epochs, batch 256 in total (8 GPUs x 32)."""

from mmengine.config import read_base

from mlfo_mm.models import NTXentLoss, SimCLR

with read_base():
    from ..backbones.r3d18 import *
    from ..profiles.paper import *
    from ..schedules.sgd_cosine import *
    from ..views.two_clips import *

method, variant = 'cvrl', 'default'
pretrain_dataset = 'kinetics400'
sampler.update(mode='cvrl')
model = dict(
    type=SimCLR,
    projection=dict(num_layers=4, hidden_channels=2048, out_channels=128),
    # 2 for the sum of both directions' means
    contrast=dict(type=NTXentLoss, temperature=0.1, loss_weight=2.0),
)
train_cfg.update(max_epochs=200)
optim_wrapper.optimizer.update(lr=0.08, weight_decay=1e-6)  # CVRL's 0.32 for a batch of 1024
method_at = dict(  # a projection as much narrower as the backbone
    small=dict(model=dict(projection=dict(hidden_channels=512))),
    smoke=dict(model=dict(projection=dict(hidden_channels=16, out_channels=16))),
)
