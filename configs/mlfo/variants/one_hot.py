"""Table 2: a sample's only edge is to itself: instance discrimination on the lower levels."""

variant = 'one_hot'
_graph = dict(graph=dict(kind='one_hot'))
model = dict(levels=dict(low=_graph, mid=_graph))
