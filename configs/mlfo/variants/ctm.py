"""Table 3: reversed and shuffled input clips as negatives of the high level; no temporal features."""

from mlfo_mm.models import MotionDiscriminationLoss

variant = 'ctm'
_none = dict(motion=None, retrieval=None)
_motion = dict(type=MotionDiscriminationLoss, temperature=0.07, loss_weight=1.0)
model = dict(augment='clips', levels=dict(high=dict(motion=_motion), mid=_none, low=_none))
