"""MLFO, SlowFast, in seconds, for tests: two epochs of tiny clips."""

from mmengine.config import read_base

with read_base():
    from .._base_.datasets.mlfo_views_64 import *
    from .._base_.default_runtime import *
    from .._base_.models.mlfo_slowfast import *
    from .._base_.schedules.adam import *

profile = 'smoke'
pretrain_dataset = 'synthetic_motion'
crop_size = 32
short_side = 36
model.backbone.update(base_channels=8, resample_rate=2, speed_ratio=2)
model.prototypes.update(num_prototypes=8, queue_size=8, queue_begin_epoch=1, freeze_epochs=1)
model.update(embedding_dim=16, first_stage=0.5)
train_pipeline[3].transforms[1].update(scale=(crop_size, crop_size))
train_dataloader.update(batch_size=4, num_workers=0, persistent_workers=False)
train_dataloader.dataset.update(pipeline=train_pipeline)
train_cfg.update(max_epochs=2)
param_scheduler[0].update(milestones=[1])
