"""InfoNCE only: MLFO's demo config of SlowFast with every other term off."""

from mmengine.config import read_base

with read_base():
    from ..mlfo.slowfast_demo import *

method = 'simclr'
variant = 'infonce'
model.levels = dict(high=model.levels.high)
model.prototypes = None
train_pipeline[1].update(long_view='none')
train_dataloader.dataset.update(pipeline=train_pipeline)
