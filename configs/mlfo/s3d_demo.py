"""MLFO, S3D, on the embedded synthetic set: minutes on 2 cores, as r3d18_demo."""

from mmengine.config import read_base

from mlfo_mm.engine import AutocastOptimWrapper

with read_base():
    from .._base_.datasets.mlfo_views_64 import *
    from .._base_.default_runtime import *
    from .._base_.models.mlfo_s3d import *
    from .._base_.schedules.adam import *

profile = 'demo'
pretrain_dataset = 'synthetic_motion'
# 8 frames: no temporal stride in the stem, so that levels have the 8, 4 and 2 steps of 16 frames
model.backbone.update(base_channels=16, conv1_stride_t=1)
model.prototypes.update(num_prototypes=32, queue_size=128, queue_begin_epoch=2)
optim_wrapper.update(type=AutocastOptimWrapper)
train_cfg.update(max_epochs=10)
param_scheduler[0].update(milestones=[8])
