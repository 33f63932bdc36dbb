"""MLFO, R3D-18, pretrained on UCF101 (split 1): 300 epochs, batch 256 in total (8 GPUs x 32)."""

from mmengine.config import read_base

with read_base():
    from .r3d18_k400 import *

pretrain_dataset = 'ucf101'
param_scheduler[0].update(milestones=[200])
train_cfg.update(max_epochs=300)
model.update(first_stage=1 / 6)  # 50 of 300 epochs
