"""A recognizer as it is when training is about to end, and its backbone alone."""

from __future__ import annotations

from collections.abc import Callable

from mlfo_mm.engine.hooks.channels_last import lay_out
from mlfo_mm.models.utils import backbones_of

import torch
from mmaction.registry import MODELS
from mmengine.config import Config
from torch import Tensor, nn

Calls = list[tuple[nn.Module, Tensor, bool]]  # backbone, clips, and whether gradients are kept


def in_training(config: Config, device: str = 'cpu') -> nn.Module:
    """A config's model from seed 0, in its last epoch, where all terms are at work."""
    torch.manual_seed(0)
    model = MODELS.build(config.model).to(device).train()
    if 'channels_last' in config.default_hooks:
        lay_out(model)
    model.set_epoch(config.train_cfg.max_epochs - 1, config.train_cfg.max_epochs)
    return model


def calls_of(model: nn.Module, step: Callable[[], object]) -> Calls:
    """The calls of backbones, momentum encoders' too, that a step makes."""
    calls: Calls = []

    def note(module: nn.Module, arguments: tuple[Tensor, ...]) -> None:
        calls.append((module, arguments[0].detach().clone(), torch.is_grad_enabled()))

    hooks = [module.register_forward_pre_hook(note) for module in backbones_of(model)]
    step()
    for hook in hooks:
        hook.remove()
    return calls


def repeat(calls: Calls) -> Tensor:
    """Make the calls again; the sum of their levels' means, to go backward from."""
    total = torch.zeros((), device=calls[0][1].device)
    for module, clips, gradient in calls:
        with torch.set_grad_enabled(gradient):
            levels = module(clips)
        total = total + sum(level.float().mean() for level in levels)
    return total
