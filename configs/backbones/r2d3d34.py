"""R2D3D-34 of DPC and MemDPC."""

from mlfo_mm.models import R2D3D

backbone_name = 'r2d3d34'
backbone = dict(type=R2D3D, depth=34)
backbone_at = dict(
    small=dict(backbone=dict(base_channels=16)),
    smoke=dict(backbone=dict(base_channels=4)),
)
