"""MLFO, R3D-18, pretrained on Kinetics-400: 100 epochs, batch 256 in total (8 GPUs x 32)."""

from mmengine.config import read_base

with read_base():
    from ..backbones.r3d18 import *
    from ..profiles.paper import *
    from ..schedules.adam import *
    from ..views.mlfo import *
    from .method import *

pretrain_dataset = 'kinetics400'
train_dataloader.update(batch_size=32)
optim_wrapper.optimizer.update(lr=1e-3, weight_decay=1e-5)
param_scheduler[0].update(milestones=[70])
train_cfg.update(max_epochs=100)
model.update(first_stage=0.2)  # 20 of 100 epochs
