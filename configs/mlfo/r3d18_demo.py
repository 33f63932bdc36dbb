"""MLFO on the embedded synthetic set: minutes on 2 cores, numbers not comparable with the paper's."""

from mmengine.config import read_base

from mlfo_mm.engine import AutocastOptimWrapper

with read_base():
    from .._base_.datasets.mlfo_views_64 import *
    from .._base_.default_runtime import *
    from .._base_.models.mlfo_r3d18 import *
    from .._base_.schedules.adam import *

profile = 'demo'
pretrain_dataset = 'synthetic_motion'
# 8 frames: no temporal stride in layer2, so that levels have the paper's 8, 4 and 2 steps
model.backbone.update(base_channels=16, temporal_strides=(1, 1, 2, 2))
model.prototypes.update(num_prototypes=32, queue_size=128, queue_begin_epoch=2)
optim_wrapper.update(type=AutocastOptimWrapper)
train_cfg.update(max_epochs=10)
param_scheduler[0].update(milestones=[8])
