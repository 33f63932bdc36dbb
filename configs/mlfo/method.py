"""MLFO: the paper's forms with the released code's hyper-parameters, on any backbone of three levels."""

from mlfo_mm.datasets.transforms import SampleMLFOClips
from mlfo_mm.models import (
    MLFO,
    GraphConstraintLoss,
    MotionDiscriminationLoss,
    MotionExcitation,
    NTXentLoss,
    SwappedPredictionLoss,
    TimestampRetrievalLoss,
)

method = 'mlfo'
variant = 'default'
sampler = dict(type=SampleMLFOClips, clip_len='${clip_len}', max_rate=3.0, long_view='strided')


def _lower(weight):
    """A lower level, its three terms alike in weight."""
    return dict(
        excitation=dict(type=MotionExcitation, reduction=16),
        motion=dict(type=MotionDiscriminationLoss, temperature=0.07, loss_weight=weight),
        retrieval=dict(type=TimestampRetrievalLoss, temperature=0.07, loss_weight=weight),
        graph=dict(type=GraphConstraintLoss, temperature=0.07, threshold=0.05, loss_weight=weight),
    )


model = dict(
    type=MLFO,
    embedding_dim=128,
    first_stage=0.2,
    levels=dict(
        high=dict(instance=dict(type=NTXentLoss, temperature=0.07, loss_weight=1.0)),
        mid=_lower(0.5),
        low=_lower(0.3),
    ),
    augmentations=('reverse', 'shuffle'),
    prototypes=dict(
        num_prototypes=1000,
        epsilon=0.05,
        num_iters=3,
        queue_size=1024,
        queue_begin_epoch=10,
        freeze_epochs=1,
        # 0.5 for the mean of both directions (the released code), and 0.5 for the term
        loss=dict(type=SwappedPredictionLoss, temperature=0.1, loss_weight=0.25),
    ),
)
method_at = dict(
    small=dict(sampler=dict(max_rate=6.0)),  # half the frames over the same time
    smoke=dict(
        model=dict(
            embedding_dim=16,
            first_stage=0.5,
            prototypes=dict(num_prototypes=8, queue_size=8, queue_begin_epoch=1),
        )
    ),
    demo=dict(model=dict(prototypes=dict(num_prototypes=32, queue_size=128, queue_begin_epoch=2))),
    mini=dict(model=dict(prototypes=dict(num_prototypes=100, queue_size=512, queue_begin_epoch=2))),
)
