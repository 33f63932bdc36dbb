"""SpeedNet on S3D-G at the paper's size, 64 frames of 224 pixels, pretrained on Kinetics-400."""

from mmengine.config import read_base

with read_base():
    from .r3d18_k400 import *
    from ..backbones.s3dg import *  # isort: skip

clip_len = 64
crop_size = 224
short_side = 256
frame_interval = 1
