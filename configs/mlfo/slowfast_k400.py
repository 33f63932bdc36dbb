"""MLFO, SlowFast, pretrained on Kinetics-400: 100 epochs, batch 256 in total (8 GPUs x 32)."""

from mmengine.config import read_base

with read_base():
    from .._base_.datasets.mlfo_views_112 import *
    from .._base_.default_runtime import *
    from .._base_.models.mlfo_slowfast import *
    from .._base_.schedules.adam import *

profile = 'paper'
pretrain_dataset = 'kinetics400'
sync_bn = 'torch'
train_dataloader.update(batch_size=32)
train_dataloader.dataset.update(dataset=pretrain_dataset)
