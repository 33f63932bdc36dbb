"""I3D (arXiv 1705.07750)."""

from mlfo_mm.models import I3D

backbone_name = 'i3d'
backbone = dict(type=I3D)
backbone_at = dict(
    # 8 frames: no temporal stride in the stem, so that levels have the 8, 4 and 2 steps of 16 frames
    small=dict(backbone=dict(base_channels=16, conv1_stride_t=1)),
    smoke=dict(backbone=dict(base_channels=4)),
)
