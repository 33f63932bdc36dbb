"""DSM on R3D-34 at the paper's size, 224 pixels, pretrained on Kinetics-400."""

from mmengine.config import read_base

with read_base():
    from .r3d18_k400 import *
    from ..backbones.r3d34 import *  # isort: skip

crop_size = 224
short_side = 256
