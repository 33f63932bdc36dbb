"""TempTrans, R3D-18, pretrained on UCF101 (split 1): 200 epochs, batch 16 in total (8 GPUs x 2)."""

from mmengine.config import read_base

with read_base():
    from .r3d18_k400 import *

pretrain_dataset = 'ucf101'
param_scheduler[0].update(T_max=200)
train_cfg.update(max_epochs=200)
train_dataloader.dataset.update(dataset=pretrain_dataset)
