"""Finetuning on a small real data set; no flips, as it may hold mirror-image classes."""

from mmengine.config import read_base

with read_base():
    from .._base_.default_runtime import *
    from ._base_.finetune import *

downstream.update(flip_ratio=0.0, train_batch_size=16, batch_size=4, num_workers=1, amp=True)
train_cfg.update(max_epochs=12)
param_scheduler[0].update(milestones=[9])
