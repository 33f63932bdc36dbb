"""Seconds, for tests: two epochs of 8 frames of 32 x 32 of the embedded digits."""

from mmengine.config import read_base
from mmengine.optim import OptimWrapper

with read_base():
    from .demo import *

profile = 'smoke'
train_dataloader.update(batch_size=4, num_workers=0, persistent_workers=False)
optim_wrapper.update(type=OptimWrapper)
param_scheduler[0].update(milestones=[1])
train_cfg.update(max_epochs=2)
evaluation = dict(num_clips=2, num_workers=0)
