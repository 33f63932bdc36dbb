"""MLFO as the released code computes it (see ../README.md for each difference)."""

from mmengine.config import read_base

from mlfo_mm.models import GraphConstraintLoss, TimestampRetrievalLoss

with read_base():
    from ..r3d18_k400 import *

variant = 'official'
_graph = dict(
    type=GraphConstraintLoss,
    temperature=0.07,
    threshold=0.05,
    views='first_second',
    directions='one',
    reduction='official',
)
model.update(augmentations=('reverse',))
model.levels.high.update(
    retrieval=dict(type=TimestampRetrievalLoss, symmetric=True, loss_weight=1.0),
    graph=dict(_graph, loss_weight=1.0),
)
for _level, _weight in (('mid', 0.5), ('low', 0.3)):
    model.levels[_level].motion.update(negatives='all')
    model.levels[_level].retrieval.update(symmetric=True)
    model.levels[_level].graph = dict(_graph, loss_weight=_weight)
