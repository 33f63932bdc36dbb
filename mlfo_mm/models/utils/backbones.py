"""The backbones of a recognizer."""

from __future__ import annotations

from torch import nn


def backbones_of(model: nn.Module) -> list[nn.Module]:
    """A recognizer's backbone, and those of its momentum encoders."""
    return [module for module in model.modules() if type(module) is type(model.backbone)]
