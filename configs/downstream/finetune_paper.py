"""Finetuning at the published scale."""

from mmengine.config import read_base

with read_base():
    from .._base_.default_runtime import *
    from ._base_.finetune import *

train_cfg.update(max_epochs=150)
