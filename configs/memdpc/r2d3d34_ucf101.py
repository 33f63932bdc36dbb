"""MemDPC on R2D3D-34 at 128 pixels, the size of the released recipe for UCF101 (split 1)."""

from mmengine.config import read_base

with read_base():
    from .r2d3d34_k400 import *

pretrain_dataset = 'ucf101'
crop_size = 128
short_side = 146
train_dataloader.update(batch_size=4)
auto_scale_lr.update(base_batch_size=32)
param_scheduler[0].update(milestones=[300, 400])
train_cfg.update(max_epochs=500)
