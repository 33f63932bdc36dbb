"""MLFO as the released code computes it, pretrained on UCF101: 300 epochs, 50 of them in stage one."""

from mmengine.config import read_base

with read_base():
    from .r3d18_k400 import *

pretrain_dataset = 'ucf101'
train_dataloader.dataset.update(dataset=pretrain_dataset)
train_cfg.update(max_epochs=300)
param_scheduler[0].update(milestones=[200])
model.update(first_stage=1 / 6)
