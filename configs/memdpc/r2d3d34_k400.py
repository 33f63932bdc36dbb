"""MemDPC on R2D3D-34 at the paper's size, 224 pixels, pretrained on Kinetics-400."""

from mmengine.config import read_base

with read_base():
    from .r3d18_k400 import *
    from .._base_.backbones.r2d3d34 import *  # isort: skip

crop_size = 224
short_side = 256
# as wide as the memory, and of either sign: no projection
model.backbone = _backbone
model.update(feature_size=None)
train_pipeline[3].transforms[1].update(scale=(crop_size, crop_size))
train_dataloader.dataset.update(pipeline=train_pipeline)
