"""Seconds, for tests: two epochs of 8 frames of 32 x 32 of the embedded digits."""

from mmengine.config import read_base

with read_base():
    from ..runtime import *
    from ..schedules.adam import *
    from ..views.mlfo import *

profile = 'smoke'
pretrain_dataset = 'digits_motion'
clip_len = 8
crop_size = 32
short_side = 36
frame_interval = 4
frame_difference = False
flip_ratio = 0.5
normalize = dict(mean=[123.675, 116.28, 103.53], std=[58.395, 57.12, 57.375])
views.decode.update(scale=None)
train_dataloader.update(batch_size=4, num_workers=0, persistent_workers=False, pin_memory=False)
param_scheduler[0].update(milestones=[1])
train_cfg.update(max_epochs=2)
evaluation = dict(num_clips=2, num_workers=0)
