"""bfloat16 autocast on any device, and the optimiser wrapper for it."""

from __future__ import annotations

import functools
import logging
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from mmengine.device import get_device
from mmengine.logging import print_log
from mmengine.optim import OptimWrapper
from mmengine.registry import OPTIM_WRAPPERS
from torch import nn


def autocast(wanted: bool = True) -> torch.autocast:
    """bfloat16 autocast on the device that there is, float32 on a CPU without AVX512.

    There oneDNN has no convolutions in bfloat16, and torch's own take 60 times as long.
    """
    fast = fast_in_bfloat16()
    if wanted and not fast:
        _say_float32()
    device = get_device().split(':')[0]
    return torch.autocast(device, dtype=torch.bfloat16, enabled=wanted and fast)


def fast_in_bfloat16() -> bool:
    """Whether the device that there is convolves in bfloat16: a GPU, or a CPU with AVX512."""
    return get_device() != 'cpu' or torch.backends.cpu.get_cpu_capability() == 'AVX512'


@functools.cache
def _say_float32() -> None:
    print_log('this CPU has no fast bfloat16 (AVX512): float32', 'current', logging.WARNING)


@OPTIM_WRAPPERS.register_module()
class AutocastOptimWrapper(OptimWrapper):
    """Run the forward pass under :func:`autocast`, on a CPU as on a GPU.

    mmengine's ``AmpOptimWrapper`` refuses a CPU. bfloat16 has float32's range: no loss scaling.
    """

    @contextmanager
    def optim_context(self, model: nn.Module) -> Iterator[None]:
        """Autocast, beside what the base class sets up for gradient accumulation."""
        with super().optim_context(model), autocast():
            yield
