"""Pace, R3D-18, pretrained on UCF101 (split 1): 90 epochs, batch 16 in total (8 GPUs x 2).

The released 18 epochs of a list that holds each video 10 times show 180 clips a video, as these do.
"""

from mmengine.config import read_base

with read_base():
    from .r3d18_k400 import *

pretrain_dataset = 'ucf101'
param_scheduler[0].update(milestones=[30, 60])
train_cfg.update(max_epochs=90)
train_dataloader.dataset.update(dataset=pretrain_dataset)
