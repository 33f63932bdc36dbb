"""Pace on R(2+1)D in seconds, for tests."""

from mmengine.config import read_base

with read_base():
    from .r3d18_smoke import *
    from .._base_.backbones.r2plus1d import *  # isort: skip

# width of R3D-18's smoke, and as there no temporal stride in layer2
_backbone.update(base_channels=4, temporal_strides=(1, 1, 2, 2))
model.backbone = _backbone
