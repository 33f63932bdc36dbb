"""DPC on R2D3D-34 at 224 pixels, pretrained on Kinetics-400: 150 epochs, batch 40 (8 GPUs x 5)."""

from mmengine.config import read_base

with read_base():
    from .r3d18_k400 import *
    from ..backbones.r2d3d34 import *  # isort: skip

crop_size = 224
short_side = 256
model.update(feature_size=None)  # 256 channels of either sign: no projection
train_dataloader.update(batch_size=5)
auto_scale_lr.update(base_batch_size=40)
train_cfg.update(max_epochs=150)
