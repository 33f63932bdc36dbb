"""SimSiam, R3D-18, pretrained on Kinetics-400: 100 epochs, batch 512 in total (8 GPUs x 64)."""

from mmengine.config import read_base

from mlfo_mm.models import CosinePredictionLoss, SimSiam

with read_base():
    from ..backbones.r3d18 import *
    from ..profiles.paper import *
    from ..schedules.sgd_cosine import *
    from ..views.two_clips import *

method, variant = 'simsiam', 'default'
pretrain_dataset = 'kinetics400'
backbone.update(zero_init_residual=True)
model = dict(
    type=SimSiam,
    projection=dict(num_layers=3, out_channels=2048),
    predictor=dict(num_layers=2, hidden_channels=512),
    # 2 - 2 cos of both directions, times this, is the paper's -cos / 2 of both and 1
    prediction=dict(type=CosinePredictionLoss, loss_weight=0.25),
)
train_dataloader.update(batch_size=64)
auto_scale_lr.update(base_batch_size=512)
train_cfg.update(max_epochs=100)
# the cosine goes to initial_lr: 0 for these, and for the predictor, which has none of its own, lr
_to_zero = dict(initial_lr=0.0)
optim_wrapper.update(
    paramwise_cfg=dict(custom_keys=dict(backbone=_to_zero, projection=_to_zero)),
)
optim_wrapper.optimizer.update(lr=0.1)  # 0.05 * 512 / 256
param_scheduler = [dict(param_scheduler[1], begin=0, end=100, eta_min_ratio=1.0)]
method_at = dict(  # as much narrower as the backbone
    small=dict(model=dict(projection=dict(out_channels=512), predictor=dict(hidden_channels=128))),
    smoke=dict(model=dict(projection=dict(out_channels=32), predictor=dict(hidden_channels=8))),
)
