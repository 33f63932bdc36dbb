"""R3D of VCOP's code, which Pace shares: one block a stage, no max pool; 14.4 M parameters."""

from mmaction.models import ResNet3d

backbone_name = 'r3d'
backbone = dict(
    type=ResNet3d,
    depth=18,
    stage_blocks=(1, 1, 1, 1),
    base_channels=64,
    pretrained=None,
    pretrained2d=False,
    conv1_kernel=(3, 7, 7),
    conv1_stride_t=1,
    with_pool1=False,
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
    # 8 frames: as R3D-18
    small=dict(backbone=dict(base_channels=16, temporal_strides=(1, 1, 2, 2))),
    smoke=dict(backbone=dict(base_channels=4)),
)
