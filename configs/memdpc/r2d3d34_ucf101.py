"""MemDPC on R2D3D-34 at 128 pixels, the size of the released recipe for UCF101 (split 1)."""

from mmengine.config import read_base

with read_base():
    from .r3d18_ucf101 import *
    from .._base_.backbones.r2d3d34 import *  # isort: skip

crop_size = 128
short_side = 146
# as wide as the memory, and of either sign: no projection
model.backbone = _backbone
model.update(feature_size=None)
train_pipeline[3].transforms[1].update(scale=(crop_size, crop_size))
train_dataloader.dataset.update(pipeline=train_pipeline)
