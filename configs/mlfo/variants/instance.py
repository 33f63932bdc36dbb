"""Table 2: the graph of instance similarity alone (Eq. 6, 8)."""

variant = 'instance'
_graph = dict(graph=dict(kind='instance'))
model = dict(levels=dict(low=_graph, mid=_graph))
