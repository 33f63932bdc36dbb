"""The published scale: 16 frames of 112 x 112 on several GPUs, UCF101, HMDB51 and Kinetics-400."""

from mmengine.config import read_base

with read_base():
    from ..runtime import *

profile = 'paper'
clip_len = 16
crop_size = 112
short_side = 128
frame_interval = 2
frame_difference = False
flip_ratio = 0.5
normalize = dict(mean=[123.675, 116.28, 103.53], std=[58.395, 57.12, 57.375])
sync_bn = 'torch'
evaluation = dict(batch_size=8, num_workers=8)
