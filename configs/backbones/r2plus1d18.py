"""R(2+1)D-18 (arXiv 1711.11248): two blocks a stage, no max pool."""

from mmengine.config import read_base

with read_base():
    from .r2plus1d import *

backbone_name = 'r2plus1d18'
backbone.update(stage_blocks=(2, 2, 2, 2))
