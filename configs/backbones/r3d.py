"""R3D of VCOP's code, which Pace shares: one block a stage, no max pool; 14.4 M parameters."""

from mmengine.config import read_base

with read_base():
    from .r3d18 import *

backbone_name = 'r3d'
backbone_at.pop('demo')  # its stem is another
backbone.update(stage_blocks=(1, 1, 1, 1), conv1_kernel=(3, 7, 7), with_pool1=False)
