"""A genuine UCF101 clip (DivX) through the pipelines of every shipped run."""

from __future__ import annotations

import random

import numpy as np
import pytest
import torch
from mmaction.registry import TRANSFORMS
from mmcv.transforms import Compose

from mlfo_mm.engine.config import load_config
from mlfo_mm.evaluation import pipelines
from mlfo_mm.study.methods import cards
from mlfo_mm.study.paths import CONFIGS

RUNS = sorted(
    name
    for card in cards().values()
    for run in (
        *(f'{card.key}/r3d18@{at}' for at in ('smoke', 'demo', 'mini', 'k400', 'ucf101')),
        # recipes, the variants of each, and those of 224 pixels
        *(f'{card.key}/{p.stem.replace("_", "@")}' for p in (CONFIGS / card.key).glob('*_*.py')),
    )
    for name in (run, *(f'{run}+{v.variant}' for v in card.variants if v.variant != 'default'))
)
RUNS = list(dict.fromkeys(RUNS))


def run(pipeline: list, path) -> torch.Tensor:
    steps = Compose([TRANSFORMS.build(step) for step in pipeline])
    sample = dict(filename=str(path), label=0, list_index=0, start_index=0, modality='RGB')
    return steps(sample)['inputs']


@pytest.fixture
def clip(real_data):
    return next((real_data / 'format_samples').glob('*.avi'))


@pytest.mark.parametrize('name', RUNS)
def test_every_pipeline(name, clip):
    config = load_config(name)
    length, size = config.clip_len, config.crop_size
    torch.manual_seed(0), np.random.seed(0), random.seed(0)
    shown = round(size * 5 / 7) if 'pieces' in config.views else size  # 80 of 112
    inputs = run(config.train_pipeline, clip)
    sampler = config.train_pipeline[1]
    assert inputs.shape[1:] == (3, sampler.get('block_len', length), shown, shown)
    long_view = sampler.get('long_view')
    assert long_view is None or len(inputs) == (2 if long_view == 'none' else 3)
    assert inputs.dtype == torch.uint8
    assert inputs.float().std() > 5
    geometry = pipelines.ClipGeometry.from_config(config)
    assert run(pipelines.test_pipeline(geometry, 10), clip).shape == (10, 3, length, size, size)
    assert run(pipelines.train_pipeline(geometry, 0.5, 9 / 7), clip).shape == (
        1,
        3,
        length,
        size,
        size,
    )


def test_full_long_view(clip):
    config = load_config('mlfo/r3d18@k400', {'sampler.long_view': 'full'})
    inputs = run(config.train_pipeline, clip)
    assert inputs.shape == (4, 3, 16, 112, 112)
