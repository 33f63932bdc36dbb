"""R3D-34: MLFO's R3D-18 at the depth of ResNet-34."""

from mmengine.config import read_base

with read_base():
    from .r3d18 import *

backbone_name = 'r3d34'
backbone_at.pop('demo')  # what is cheap there is not at this depth
backbone.update(depth=34)
