"""Pace on the R(2+1)D of its code, Kinetics-400; joined with ablations/contrast: the published row."""

from mmengine.config import read_base

with read_base():
    from .r3d18_k400 import *
    from .._base_.backbones.r2plus1d import *  # isort: skip

model.backbone = _backbone
