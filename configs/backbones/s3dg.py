"""S3D-G: S3D with self-gating."""

from mmengine.config import read_base

with read_base():
    from .s3d import *

backbone_name = 's3dg'
backbone.update(self_gating=True)
