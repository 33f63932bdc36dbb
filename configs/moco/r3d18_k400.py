"""MoCo v2, R3D-18, pretrained on Kinetics-400: 200 epochs, batch 256 in total (8 GPUs x 32)."""

from mmengine.config import read_base

with read_base():
    from .._base_.datasets.two_views_112 import *
    from .._base_.default_runtime import *
    from .._base_.models.moco_r3d18 import *
    from .._base_.schedules.sgd_cosine import *

profile = 'paper'
pretrain_dataset = 'kinetics400'
sync_bn = 'torch'
train_cfg.update(max_epochs=200)
train_dataloader.dataset.update(dataset=pretrain_dataset)
param_scheduler = [param_scheduler[1]]  # v2 has no warm-up
param_scheduler[0].update(begin=0)
