"""SwAV, R3D-18, pretrained on Kinetics-400: 200 epochs, batch 256 in total (8 GPUs x 32)."""

from mmengine.config import read_base

with read_base():
    from .._base_.datasets.two_views_112 import *
    from .._base_.default_runtime import *
    from .._base_.models.swav_r3d18 import *
    from .._base_.schedules.sgd_cosine import *

profile = 'paper'
pretrain_dataset = 'kinetics400'
sync_bn = 'torch'
train_cfg.update(max_epochs=200)
train_dataloader.dataset.update(dataset=pretrain_dataset)
# LARS in the paper; SGD and its rate are a reconstruction
optim_wrapper.optimizer.update(lr=0.05)
