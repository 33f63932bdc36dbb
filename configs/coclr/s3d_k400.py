"""CoCLR on S3D at the paper's size: 32 frames of 128 pixels, one after the other."""

from mmengine.config import read_base

with read_base():
    from .r3d18_k400 import *
    from ..backbones.s3d import *  # isort: skip

clip_len = 32
frame_interval = 1
crop_size = 128
short_side = 146
