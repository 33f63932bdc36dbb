"""The similarity of the paper's equations, for the slow loops."""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch
from torch import Tensor


@pytest.fixture
def h() -> Callable[..., float]:
    """h(u, v) = exp(cos(u, v) / temperature), in python floats."""

    def similarity(u: Tensor, v: Tensor, temperature: float) -> float:
        a, b = u.tolist(), v.tolist()
        dot = sum(x * y for x, y in zip(a, b, strict=True))
        norms = math.sqrt(sum(x * x for x in a)) * math.sqrt(sum(y * y for y in b))
        return math.exp(dot / norms / temperature)

    return similarity


@pytest.fixture
def double() -> Callable[..., Tensor]:
    """Deterministic standard normal float64 tensors of the given shape."""
    generator = torch.Generator().manual_seed(0)

    def draw(*shape: int) -> Tensor:
        return torch.randn(*shape, dtype=torch.float64, generator=generator)

    return draw
