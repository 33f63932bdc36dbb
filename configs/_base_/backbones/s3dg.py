"""S3D-G: S3D with self-gating."""

from mlfo_mm.models import S3D

backbone_name = 's3dg'
_backbone = dict(type=S3D, self_gating=True)
