"""MLFO on SlowFast: R3D-18's settings with another backbone."""

from mmengine.config import read_base

from mlfo_mm.models import SlowFast

with read_base():
    from .mlfo_r3d18 import *

backbone_name = 'slowfast'
model.backbone = dict(type=SlowFast)
