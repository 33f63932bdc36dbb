"""Table 2: the graph of shared prototypes alone (Eq. 7)."""

variant = 'semantic'
_graph = dict(graph=dict(kind='semantic'))
model = dict(levels=dict(low=_graph, mid=_graph))
