"""Finetuning in seconds, for tests."""

from mmengine.config import read_base

with read_base():
    from .._base_.default_runtime import *
    from ._base_.finetune import *

downstream.update(num_clips=2, train_batch_size=4, batch_size=4, num_workers=0)
train_cfg.update(max_epochs=2)
param_scheduler[0].update(milestones=[1])
