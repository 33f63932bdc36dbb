"""MemDPC on R2D3D-34 at the paper's size, 224 pixels, pretrained on Kinetics-400."""

from mmengine.config import read_base

with read_base():
    from .r3d18_k400 import *
    from ..backbones.r2d3d34 import *  # isort: skip

crop_size = 224
short_side = 256
model.update(feature_size=None)  # as wide as the memory, and of either sign: no projection
