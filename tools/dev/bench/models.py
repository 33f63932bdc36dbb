"""A recognizer as it is when training is about to end."""

from __future__ import annotations

from mlfo_mm.engine.hooks.channels_last import lay_out

import torch
from mmaction.registry import MODELS
from mmengine.config import Config
from torch import nn


def in_training(config: Config, device: str = 'cpu') -> nn.Module:
    """A config's model from seed 0, in its last epoch, where all terms are at work."""
    torch.manual_seed(0)
    model = MODELS.build(config.model).to(device).train()
    if 'channels_last' in config.default_hooks:
        lay_out(model)
    model.set_epoch(config.train_cfg.max_epochs - 1, config.train_cfg.max_epochs)
    return model
