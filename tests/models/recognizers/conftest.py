"""Synthetic videos as a shipped smoke config samples them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from mmaction.registry import DATASETS

from mlfo_mm.engine.config import load_config
from tests.conftest import REPO


@pytest.fixture(scope='session')
def sampled(synthetic_root: Path) -> Callable[[str], torch.Tensor]:
    """``sampled(method)``: inputs of 16 videos, (16, V, 3, T, 32, 32), normalised."""

    def sample(method: str) -> torch.Tensor:
        config = load_config(REPO / f'configs/{method}/r3d18_smoke.py')
        data = DATASETS.build(config.train_dataloader.dataset | dict(data_root=str(synthetic_root)))
        clips = torch.stack([data[index]['inputs'] for index in range(16)]).float()
        mean, std = (torch.tensor(config.normalize[k]).view(3, 1, 1, 1) for k in ('mean', 'std'))
        return (clips - mean) / std

    return sample
