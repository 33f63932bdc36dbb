"""Two clips of 8 frames at 64 x 64 over the same time, of the embedded synthetic set."""

from mmengine.config import read_base

with read_base():
    from .two_views_112 import *

clip_len = 8
crop_size = 64
short_side = 72
eval_frame_interval = 4

train_pipeline[1].update(clip_len=clip_len, frame_interval=4)
train_pipeline[3].transforms[1].update(scale=(crop_size, crop_size))
train_dataloader.update(batch_size=32, num_workers=1, pin_memory=False)
train_dataloader.dataset.update(dataset='synthetic_motion', pipeline=train_pipeline)
