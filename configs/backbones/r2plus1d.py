"""R(2+1)D of VCOP's code, which Pace shares: R3D there with every convolution in two parts."""

from mmaction.models.common import Conv2plus1d
from mmengine.config import read_base

with read_base():
    from .r3d import *

backbone_name = 'r2plus1d'
backbone.update(conv_cfg=dict(type=Conv2plus1d))
