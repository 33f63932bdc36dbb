"""InfoNCE only: MLFO's Kinetics-400 config with every other term off."""

from mmengine.config import read_base

with read_base():
    from ..mlfo.r3d18_k400 import *

method = 'simclr'
variant = 'infonce'
model.levels = dict(high=model.levels.high)
model.prototypes = None
train_pipeline[1].update(long_view='none')
train_dataloader.dataset.update(pipeline=train_pipeline)
