"""SpeedNet's 7-way variant, R3D-18, UCF101 (split 1): 300 epochs, batch 32 in total (8 GPUs x 4)."""

from mmengine.config import read_base

with read_base():
    from .r3d18_k400 import *

pretrain_dataset = 'ucf101'
param_scheduler[0].update(milestones=[100, 200])
train_cfg.update(max_epochs=300)
train_dataloader.dataset.update(dataset=pretrain_dataset)
