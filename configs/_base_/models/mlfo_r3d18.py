"""MLFO on R3D-18: the paper's forms with the released code's hyper-parameters."""

from mmaction.models import ActionDataPreprocessor, ResNet3d

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
variant = 'paper'
backbone_name = 'r3d18'
normalize = dict(mean=[123.675, 116.28, 103.53], std=[58.395, 57.12, 57.375])

model = dict(
    type=MLFO,
    data_preprocessor=dict(type=ActionDataPreprocessor, format_shape='NCTHW', **normalize),
    backbone=dict(
        type=ResNet3d,
        depth=18,
        base_channels=64,
        pretrained=None,
        pretrained2d=False,
        conv1_kernel=(7, 7, 7),
        conv1_stride_t=1,
        pool1_stride_t=1,
        with_pool2=False,
        spatial_strides=(1, 2, 2, 2),
        temporal_strides=(1, 2, 2, 2),
        inflate=(1, 1, 1, 1),
        inflate_style='3x3x3',
        zero_init_residual=False,
        out_indices=(1, 2, 3),
        norm_cfg=dict(type='BN3d', requires_grad=True),
    ),
    embedding_dim=128,
    first_stage=0.2,
    levels=dict(
        high=dict(instance=dict(type=NTXentLoss, temperature=0.07, loss_weight=1.0)),
        mid=dict(
            excitation=dict(type=MotionExcitation, reduction=16),
            motion=dict(type=MotionDiscriminationLoss, temperature=0.07, loss_weight=0.5),
            retrieval=dict(type=TimestampRetrievalLoss, temperature=0.07, loss_weight=0.5),
            graph=dict(type=GraphConstraintLoss, temperature=0.07, threshold=0.05, loss_weight=0.5),
        ),
        low=dict(
            excitation=dict(type=MotionExcitation, reduction=16),
            motion=dict(type=MotionDiscriminationLoss, temperature=0.07, loss_weight=0.3),
            retrieval=dict(type=TimestampRetrievalLoss, temperature=0.07, loss_weight=0.3),
            graph=dict(type=GraphConstraintLoss, temperature=0.07, threshold=0.05, loss_weight=0.3),
        ),
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
