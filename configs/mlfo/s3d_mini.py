"""MLFO on a small real data set: S3D at quarter width, 64 pixels; hours on 2 cores."""

from mmengine.config import read_base

from mlfo_mm.engine import AutocastOptimWrapper

with read_base():
    from .._base_.default_runtime import *
    from .._base_.models.mlfo_s3d import *
    from .._base_.schedules.adam import *
    from .._base_.datasets.mlfo_views_mini import *  # isort: skip  (after the model: its own normalisation)

profile = 'mini'
pretrain_dataset = 'utdrender27'
model.data_preprocessor.update(**normalize)
# 8 frames: no temporal stride in the stem, so that levels have the 8, 4 and 2 steps of 16 frames
model.backbone.update(base_channels=16, conv1_stride_t=1)
model.prototypes.update(num_prototypes=100, queue_size=512, queue_begin_epoch=2)
optim_wrapper.update(type=AutocastOptimWrapper)
train_cfg.update(max_epochs=12)
param_scheduler[0].update(milestones=[10])
