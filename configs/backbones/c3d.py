"""C3D with batch norm."""

from mlfo_mm.models import C3DLevels

backbone_name = 'c3d'
backbone = dict(type=C3DLevels)
backbone_at = dict(
    # 8 frames: time is pooled once less, so that the last level has a step
    small=dict(backbone=dict(base_channels=16, pool2_stride_t=1)),
    smoke=dict(backbone=dict(base_channels=4)),
)
