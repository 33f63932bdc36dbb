"""Clips and feature maps with the channels last in memory."""

from __future__ import annotations

from typing import Any

import torch
from mmengine.hooks import Hook
from mmengine.registry import HOOKS
from torch import Tensor, nn

from mlfo_mm.models.utils import backbones_of

from .unwrapped import unwrapped


@HOOKS.register_module()
class ChannelsLastHook(Hook):
    """Train backbones with the channels last in memory, which convolutions in bfloat16 are faster with.

    Shapes stay as they are, and so does what is computed, but for the order in which numbers are added.
    Checkpoints hold weights in the usual order.
    """

    def before_train(self, runner) -> None:
        """Lay out what was built or loaded."""
        lay_out(unwrapped(runner))

    def before_save_checkpoint(self, runner, checkpoint: dict) -> None:
        """Store the weights as any other run does."""
        weights = checkpoint['state_dict']
        weights.update({name: value.contiguous() for name, value in weights.items()})


def lay_out(model: nn.Module) -> None:
    """Put the channels of a recognizer's 3D kernels last, and of the clips that its backbones take."""
    for module in model.modules():
        if isinstance(module, nn.Conv3d):
            module.weight.data = _channels_last(module.weight.data)
    for backbone in backbones_of(model):
        backbone.register_forward_pre_hook(_take_channels_last)


def _take_channels_last(module: nn.Module, inputs: tuple[Tensor, ...]) -> tuple[Any, ...]:
    return _channels_last(inputs[0]), *inputs[1:]


def _channels_last(x: Tensor) -> Tensor:
    return x.contiguous(memory_format=torch.channels_last_3d)
