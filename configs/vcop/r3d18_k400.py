"""VCOP on the schedule of microsoft/CtP, R3D-18, Kinetics-400: 90 epochs, batch 32 in total (8 GPUs x 4)."""

from mmengine.config import read_base

with read_base():
    from .r3d18_ucf101 import *
    from ..schedules.sgd_steps import *  # isort: skip

pretrain_dataset = 'kinetics400'
train_dataloader.update(batch_size=4)
optim_wrapper.optimizer.update(lr=1e-3)
train_cfg.update(max_epochs=90)
