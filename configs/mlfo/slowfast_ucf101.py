"""MLFO, SlowFast, pretrained on UCF101 (split 1): 300 epochs, batch 256 in total (8 GPUs x 32)."""

from mmengine.config import read_base

with read_base():
    from .._base_.datasets.mlfo_views_112 import *
    from .._base_.default_runtime import *
    from .._base_.models.mlfo_slowfast import *
    from .._base_.schedules.adam import *

profile = 'paper'
pretrain_dataset = 'ucf101'
sync_bn = 'torch'
train_dataloader.update(batch_size=32)
train_dataloader.dataset.update(dataset=pretrain_dataset)
train_cfg.update(max_epochs=300)
param_scheduler[0].update(milestones=[200])
model.update(first_stage=1 / 6)  # 50 of 300 epochs
