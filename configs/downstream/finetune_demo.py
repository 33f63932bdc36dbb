"""Finetuning on the embedded synthetic set."""

from mmengine.config import read_base

with read_base():
    from .._base_.default_runtime import *
    from ._base_.finetune import *

downstream.update(train_batch_size=16, num_clips=4, batch_size=8, num_workers=1, amp=True)
train_cfg.update(max_epochs=6)
param_scheduler[0].update(milestones=[4])
log_level = 'WARNING'  # the progress bar says enough
