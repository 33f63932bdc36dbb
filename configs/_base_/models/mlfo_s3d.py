"""MLFO on S3D: R3D-18's settings with another backbone."""

from mmengine.config import read_base

from mlfo_mm.models import S3D

with read_base():
    from .mlfo_r3d18 import *

backbone_name = 's3d'
model.backbone = dict(type=S3D)
