"""Fabricated records: for tests only, never written into the project's own results."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from mlfo_mm.study.identity import experiment_id, hash_text
from mlfo_mm.study.records import Record

LINE = 'split 1, 10 clips x 1 crop, frozen, mean softmax'


def build(**changes: Any) -> Record:
    """Return a valid record of the demo profile with the given fields changed."""
    identity = dict(
        method='mlfo',
        variant='default',
        backbone='r3d18',
        pretrain_dataset='digits_motion',
        task='linear_probe',
        dataset='digits_motion',
        split=1,
        seed=0,
    )
    identity |= {key: changes.pop(key) for key in list(changes) if key in identity}
    family = changes.pop('family_hash', hash_text('family'))
    values: dict[str, Any] = dict(
        experiment=experiment_id(**identity, family_hash=family),
        profile='demo',
        protocol=dict(line=LINE, num_classes=8),
        metrics=dict(top1=50.0),
        n_samples=dict(
            train=dict(expected=480, read=480, skipped=0),
            test=dict(expected=160, read=160, skipped=0),
        ),
        config_text='seed = 0',
        config_hash=hash_text('seed = 0'),
        checkpoint=dict(name='epoch_4.pth', sha256=None),
        git=dict(commit='0123456789abcdef', dirty=False),
        versions=dict(torch='2.11.0', decord=None),
        hardware=dict(cpu='none', cores=2),
        wall_time_s=1.5,
        start='2026-01-01T00:00:00+00:00',
        end='2026-01-01T00:01:00+00:00',
    )
    return Record(**identity, family_hash=family, **(values | changes))


def build_pretraining(**changes: Any) -> Record:
    """Return a valid record of a pretraining run with the given fields changed."""
    values: dict[str, Any] = dict(
        task='pretrain',
        protocol=dict(line='4 epochs'),
        metrics=dict(loss=3.0, stat_edges_low=2.0),
        cost=dict(
            params_m=33.2, gflops=8.5, clips_per_s=20.0, peak_memory_mb=900.0, wall_time_s=1800.0
        ),
        curves=dict(epoch=[1, 2], loss=[5.0, 3.0], stat_edges_low=[None, 2.0]),
    )
    return build(**(values | changes))


@pytest.fixture
def make_pretraining() -> Callable[..., Record]:
    """Give :func:`build_pretraining` to a test."""
    return build_pretraining


@pytest.fixture
def make_record() -> Callable[..., Record]:
    """Give :func:`build` to a test."""
    return build
