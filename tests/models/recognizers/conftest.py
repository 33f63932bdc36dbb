"""Videos of digits as the runs of methods sample them."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.methods import Case


@pytest.fixture(scope='session')
def fed(digits_root: Path) -> Callable[[Case], tuple[torch.Tensor, list[Any]]]:
    """``fed(case)``: clips of 16 videos (16, V, 3, T, 32, 32), normalised, and their labels."""
    found = functools.cache(lambda name: _BY_NAME[name].feed(digits_root))

    def feed(case: Case) -> tuple[torch.Tensor, list[Any]]:
        _BY_NAME.setdefault(case.name, case)
        return found(case.name)

    return feed


_BY_NAME: dict[str, Case] = {}
