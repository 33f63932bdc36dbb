"""MLFO as the released code computes it (see ../README.md for each difference)."""

from mlfo_mm.models import GraphConstraintLoss, TimestampRetrievalLoss


def _graph(weight):
    forms = dict(views='first_second', directions='one', reduction='official')
    return dict(
        _delete_=True,
        type=GraphConstraintLoss,
        temperature=0.07,
        threshold=0.05,
        loss_weight=weight,
        **forms,
    )


def _lower(weight):
    return dict(motion=dict(negatives='all'), retrieval=dict(symmetric=True), graph=_graph(weight))


variant = 'official'
_retrieval = dict(type=TimestampRetrievalLoss, symmetric=True, loss_weight=1.0)
model = dict(
    augmentations=('reverse',),
    levels=dict(
        high=dict(retrieval=_retrieval, graph=_graph(1.0)), mid=_lower(0.5), low=_lower(0.3)
    ),
)
