"""DSM on I3D at the released size, 224 pixels, pretrained on UCF101 (split 1)."""

from mmengine.config import read_base

with read_base():
    from .r3d18_k400 import *
    from ..backbones.i3d import *  # isort: skip

pretrain_dataset = 'ucf101'
crop_size = 224
short_side = 256
train_dataloader.update(batch_size=16)
auto_scale_lr.update(base_batch_size=128)
param_scheduler[0].update(milestones=[120, 160, 200])
train_cfg.update(max_epochs=240)
