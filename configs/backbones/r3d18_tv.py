"""R3D-18 as torchvision has it, for its weights: a stem of 3 frames, no pooling behind it."""

from mmengine.config import read_base

with read_base():
    from .r3d18 import *

backbone_name = 'r3d18_tv'
backbone_at.pop('demo')  # its stem is torchvision's
backbone.update(conv1_kernel=(3, 7, 7), with_pool1=False)
backbone_at.update(
    paper=dict(
        normalize=dict(mean=[110.2008, 100.63983, 95.99475], std=[58.14765, 56.46975, 55.332195])
    )
)
