"""Table 3: no motion discrimination and no timestamp retrieval."""

variant = 'no_temporal'
_none = dict(motion=None, retrieval=None)
model = dict(levels=dict(low=_none, mid=_none))
