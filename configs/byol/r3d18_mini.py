"""BYOL on a small real data set: hours on 2 cores."""

from mmengine.config import read_base

from mlfo_mm.engine import AutocastOptimWrapper

with read_base():
    from .._base_.default_runtime import *
    from .._base_.models.byol_r3d18 import *
    from .._base_.schedules.adam import *
    from .._base_.datasets.two_views_mini import *  # isort: skip  (after the model: its own normalisation)

profile = 'mini'
pretrain_dataset = 'utdrender27'
# width, strides, optimiser and epochs of MLFO's mini
model.data_preprocessor.update(**normalize)
model.backbone.update(base_channels=16, temporal_strides=(1, 1, 2, 2))
# heads as much narrower as the backbone; a short run: the target must keep up
model.projection.update(hidden_channels=256, out_channels=64)
model.update(momentum=0.99)
optim_wrapper.update(type=AutocastOptimWrapper)
train_cfg.update(max_epochs=12)
param_scheduler[0].update(milestones=[10])
