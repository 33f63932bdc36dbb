"""VCOP on the R3D of its code, pretrained on UCF101 (split 1)."""

from mmengine.config import read_base

with read_base():
    from .r3d18_ucf101 import *
    from .._base_.backbones.r3d import *  # isort: skip

model.backbone = _backbone
