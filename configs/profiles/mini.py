"""A small real data set, hours on 2 cores: 8 differences of frames of 64 x 64.

In such sets a video is told by its background, which differences leave out; and they may hold
classes that are mirror images of each other, so nothing is flipped.
"""

from mmengine.config import read_base

with read_base():
    from ..runtime import *
    from ..schedules.adam import *
    from ..views.mlfo import *

profile = 'mini'
pretrain_dataset = 'utdrender27'
clip_len = 8
crop_size = 64
short_side = 85
frame_interval = 4
frame_difference = True
flip_ratio = 0.0
normalize = dict(mean=[0.0, 0.0, 0.0], std=[50.0, 50.0, 50.0])
views.decode.update(scale=None)
train_dataloader.update(batch_size=32, num_workers=1, pin_memory=False)
param_scheduler[0].update(milestones=[10])
train_cfg.update(max_epochs=12)
evaluation = dict()
