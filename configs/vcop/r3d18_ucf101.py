"""VCOP, R3D-18, pretrained on UCF101 (split 1): 300 epochs, batch 8 in total (8 GPUs x 1)."""

from mmengine.config import read_base

with read_base():
    from .r3d18_k400 import *

pretrain_dataset = 'ucf101'
optim_wrapper = dict(
    type=OptimWrapper, optimizer=dict(type=SGD, lr=1e-3, momentum=0.9, weight_decay=5e-4)
)
param_scheduler = []
auto_scale_lr.update(base_batch_size=8)
train_cfg.update(max_epochs=300)
train_dataloader.update(batch_size=1)
train_dataloader.dataset.update(dataset=pretrain_dataset)
