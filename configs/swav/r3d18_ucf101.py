"""SwAV, R3D-18, pretrained on UCF101 (split 1): 300 epochs, batch 256 in total (8 GPUs x 32)."""

from mmengine.config import read_base

with read_base():
    from .r3d18_k400 import *

pretrain_dataset = 'ucf101'
train_dataloader.dataset.update(dataset=pretrain_dataset)
train_cfg.update(max_epochs=300)
param_scheduler[-1].update(end=300)
model.prototypes.update(num_prototypes=300)  # three a class
