"""InfoNCE only: MLFO's UCF101 config with every other term off."""

from mmengine.config import read_base

with read_base():
    from ..mlfo.r3d18_ucf101 import *

method = 'simclr'
variant = 'infonce'
model.levels = dict(high=model.levels.high)
model.prototypes = None
train_pipeline[1].update(long_view='none')
train_dataloader.dataset.update(pipeline=train_pipeline)
