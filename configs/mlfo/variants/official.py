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
    return dict(
        motion=dict(negatives='all', begin_epoch=0),
        retrieval=dict(symmetric=True, begin_epoch=0),
        graph=_graph(weight),
        augment_long=True,
    )


variant = 'official'
_retrieval = dict(
    type=TimestampRetrievalLoss, temperature=0.07, symmetric=True, begin_epoch=0, loss_weight=1.0
)
model = dict(
    augmentations=('reverse',),
    levels=dict(
        high=dict(retrieval=_retrieval, graph=_graph(1.0)), mid=_lower(0.5), low=_lower(0.3)
    ),
    prototypes=dict(long_in_batch_norm=True, batch_in_queue=True),
)
variant_at = dict(
    # what the code's readme asks for there
    ucf101=dict(model=dict(prototypes=dict(num_prototypes=200))),
    # the last level has one step there
    demo=dict(model=dict(levels=dict(high=dict(retrieval=None)))),
)
