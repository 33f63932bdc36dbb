"""Table 2: no graph constraint on any level."""

variant = 'no_lower'
model = dict(levels=dict(low=dict(graph=None), mid=dict(graph=None)))
