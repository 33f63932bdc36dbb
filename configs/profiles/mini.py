"""A small real data set, minutes of one core a run: 8 differences of frames of 48 x 48.

Such sets may hold classes that are mirror images of each other, so nothing is flipped. Batch, rate and
epochs are those of a pilot on the training list, see results/reference/PLAN.md.
"""

from mmengine.config import read_base
from mmengine.optim import CosineAnnealingLR, LinearLR

from mlfo_mm.engine.hooks import ChannelsLastHook

with read_base():
    from ..runtime import *
    from ..schedules.adam import *
    from ..views.mlfo import *

profile = 'mini'
pretrain_dataset = 'utdplain27'
clip_len = 8
crop_size = 48
short_side = 54
frame_interval = 4
frame_difference = True
flip_ratio = 0.0
normalize = dict(mean=[0.0, 0.0, 0.0], std=[50.0, 50.0, 50.0])
reader.update(short_side='${short_side}')
views.decode.update(scale=None)
train_dataloader.update(batch_size=32, num_workers=1, pin_memory=False)
optim_wrapper.optimizer.update(lr=1e-3)
_by = dict(by_epoch=True, convert_to_iter_based=True)
param_scheduler[:] = [
    dict(type=LinearLR, start_factor=0.05, begin=0, end=1, **_by),
    dict(type=CosineAnnealingLR, T_max=7, begin=1, end=8, **_by),
]
train_cfg.update(max_epochs=8)
default_hooks.update(channels_last=dict(type=ChannelsLastHook))  # a third faster on CPUs
evaluation = dict(num_clips=4, batch_size=16)
