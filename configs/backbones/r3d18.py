"""R3D-18 of MLFO's code."""

from mmaction.models import ResNet3d

backbone_name = 'r3d18'
backbone = dict(
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
)
backbone_at = dict(
    # 8 frames: no temporal stride in layer2, so that levels have the 8, 4 and 2 steps of 16 frames
    small=dict(backbone=dict(base_channels=16, temporal_strides=(1, 1, 2, 2))),
    smoke=dict(backbone=dict(base_channels=4, conv1_kernel=(3, 3, 3))),
    mini=dict(backbone=dict(conv1_kernel=(3, 7, 7))),  # half the cost: 8 frames are few for 7
    # A third of the cost on small frames. Levels have 4, 2 and 1 steps: in the middle one, reversed is
    # the only other order. The last level keeps 2 x 2.
    demo=dict(
        backbone=dict(conv1_kernel=(3, 5, 5), conv1_stride_t=2, spatial_strides=(1, 2, 2, 1))
    ),
)
