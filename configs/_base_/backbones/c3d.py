"""C3D with batch norm."""

from mlfo_mm.models import C3DLevels

backbone_name = 'c3d'
_backbone = dict(type=C3DLevels)
