"""The model of a runner without what several processes wrap it in."""

from __future__ import annotations

from mmengine.model import is_model_wrapper
from torch import nn


def unwrapped(runner) -> nn.Module:
    """The recognizer itself."""
    return runner.model.module if is_model_wrapper(runner.model) else runner.model
