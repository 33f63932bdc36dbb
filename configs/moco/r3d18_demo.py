"""MoCo v2 on the embedded synthetic set: minutes on 2 cores."""

from mmengine.config import read_base

from mlfo_mm.engine import AutocastOptimWrapper

with read_base():
    from .._base_.datasets.two_views_64 import *
    from .._base_.default_runtime import *
    from .._base_.models.moco_r3d18 import *
    from .._base_.schedules.adam import *

profile = 'demo'
pretrain_dataset = 'synthetic_motion'
# width, strides, optimiser and epochs of MLFO's demo
model.backbone.update(base_channels=16, temporal_strides=(1, 1, 2, 2))
model.update(queue_size=256)  # fewer than there are videos
optim_wrapper.update(type=AutocastOptimWrapper)
train_cfg.update(max_epochs=10)
param_scheduler[0].update(milestones=[8])
