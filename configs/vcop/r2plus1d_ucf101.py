"""VCOP on the R(2+1)D of its code, pretrained on UCF101 (split 1): the row of the published tables."""

from mmengine.config import read_base

with read_base():
    from .r3d18_ucf101 import *
    from .._base_.backbones.r2plus1d import *  # isort: skip

model.backbone = _backbone
