"""Table 2: the combined graph on the high level alone; its weight there is the released code's."""

from mlfo_mm.models import GraphConstraintLoss

variant = 'combined_high'
_graph = dict(type=GraphConstraintLoss, temperature=0.07, threshold=0.05, loss_weight=1.0)
_none = dict(graph=None)
model = dict(levels=dict(high=dict(graph=_graph), mid=_none, low=_none))
