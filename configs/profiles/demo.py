"""Minutes on 2 cores: 8 frames of 32 x 32 of the embedded digits, at twice the paper's stride."""

from mmengine.config import read_base
from mmengine.optim import CosineAnnealingLR, LinearLR

from mlfo_mm.engine.hooks import ChannelsLastHook

with read_base():
    from ..runtime import *
    from ..schedules.adam import *
    from ..views.mlfo import *

profile = 'demo'
pretrain_dataset = 'digits_motion'
clip_len = 8
crop_size = 32
short_side = 36
frame_interval = 4
frame_difference = False
flip_ratio = 0.0  # a mirrored digit is another one
normalize = dict(mean=[123.675, 116.28, 103.53], std=[58.395, 57.12, 57.375])
views.decode.update(scale=None)
# crops of half the area cut digits off: SimCLR's loss ended at 3.0 in place of 1.3
views.crop.update(area_range=(0.8, 1.0))
views.gray.update(p=0.0)  # the clips have no colour
views.jitter.update(saturation=0.0, hue=0.0)
train_dataloader.update(batch_size=32, num_workers=1, pin_memory=False)
# 240 steps: a warm-up and a cosine learn in half of what one rate takes; at twice this rate some
# seeds' embeddings collapse for the first quarter
optim_wrapper.optimizer.update(lr=2e-3)
_by = dict(by_epoch=True, convert_to_iter_based=True)
default_hooks.update(channels_last=dict(type=ChannelsLastHook))  # a sixth faster on CPUs
default_hooks.logger.update(interval=10)  # a line in each ten seconds
param_scheduler[:] = [
    dict(type=LinearLR, start_factor=0.05, begin=0, end=2, **_by),
    dict(type=CosineAnnealingLR, T_max=6, begin=2, end=8, **_by),
]
train_cfg.update(max_epochs=8)
evaluation = dict(num_clips=2, batch_size=16)
