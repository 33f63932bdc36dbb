"""InfoNCE only: MLFO's Kinetics-400 recipe with every other term off."""

from mmengine.config import read_base

with read_base():
    from ..mlfo.r3d18_k400 import *

method = 'simclr'
model.levels = dict(high=model.levels.high)
model.prototypes = None
sampler.update(long_view='none')
method_at = dict(
    small=dict(sampler=dict(max_rate=6.0)),  # half the frames over the same time
    smoke=dict(model=dict(embedding_dim=16, first_stage=0.5)),
)
