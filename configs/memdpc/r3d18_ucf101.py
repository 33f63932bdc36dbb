"""MemDPC, R3D-18, pretrained on UCF101 (split 1): 500 epochs, batch 32 in total (8 GPUs x 4)."""

from mmengine.config import read_base

with read_base():
    from .r3d18_k400 import *

pretrain_dataset = 'ucf101'
train_dataloader.update(batch_size=4)
train_dataloader.dataset.update(dataset=pretrain_dataset)
train_cfg.update(max_epochs=500)
param_scheduler[0].update(milestones=[300, 400])
auto_scale_lr.update(base_batch_size=32)
