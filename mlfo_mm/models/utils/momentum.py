"""An encoder that follows another one slowly (MoCo's key encoder, BYOL's target)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch
from mmengine.model import ExponentialMovingAverage
from torch import Tensor, nn


def cosine_momentum(start: float, end: float, progress: float) -> float:
    """Momentum at a share of the training done, on half a cosine (BYOL, arXiv 2006.07733, Sec. 3.1)."""
    return end - (end - start) * (math.cos(math.pi * progress) + 1) / 2


class RunningAverage(ExponentialMovingAverage):
    """mmengine's, which looks at its number of steps on the device: a GPU's host would wait in each."""

    steps: Tensor

    def __init__(self, model: nn.Module, momentum: float) -> None:
        super().__init__(model, momentum=momentum)
        self._begun = False  # whether ``steps`` is above 0

    @torch.no_grad()
    def update_parameters(self, model: nn.Module) -> None:
        """Copy a module at first, then follow it; buffers are its own."""
        for own, source in zip(self.module.parameters(), model.parameters(), strict=True):
            if self._begun:
                self.avg_func(own, source, 0)
            else:
                own.copy_(source)
        for buffer, its in zip(self.module.buffers(), model.buffers(), strict=True):
            buffer.copy_(its)
        self.steps.add_(1)
        self._begun = True

    def _load_from_state_dict(self, *args: Any) -> None:
        super()._load_from_state_dict(*args)
        self._begun = bool(self.steps)


class MomentumEncoder(nn.Module):
    """Running average of a chain of modules: ``average <- m * average + (1 - m) * source``.

    The first :meth:`update` copies the sources, so that it does not matter when these were
    initialised. Buffers (statistics of batch norm) are the sources' at each update. All state is in
    the state dict; a chain's module that returns levels hands the last one on.

    Args:
        parts: The sources in their order, for example backbone and projection.
        momentum: m, for example 0.999 (mmengine's is 1 - m).
        end_momentum: m at the end of training, reached on half a cosine; m stays where None.
    """

    def __init__(
        self,
        parts: Sequence[nn.Module],
        momentum: float = 0.999,
        end_momentum: float | None = None,
    ) -> None:
        super().__init__()
        self.start = momentum
        self.end = momentum if end_momentum is None else end_momentum
        if not 0 < self.start < 1 or not 0 < self.end <= 1:
            raise ValueError(
                'momentum must be in (0, 1) and end_momentum in (0, 1], '
                f'got {momentum} and {end_momentum}'
            )
        self.average = RunningAverage(nn.ModuleList(parts), momentum=1 - self.start)

    def update(self, parts: Sequence[nn.Module], progress: float) -> None:
        """Follow the sources by one step; ``progress`` is the share of the training done."""
        self.average.momentum = 1 - cosine_momentum(self.start, self.end, progress)
        self.average.update_parameters(nn.ModuleList(parts))

    @torch.no_grad()
    def forward(self, clips: Tensor) -> Tensor:
        """Embeddings (M, D) of clips (M, 3, T, H, W), without gradient."""
        x = clips
        for part in self.average.module:
            out = part(x)
            x = out[-1] if isinstance(out, tuple) else out
        return x
