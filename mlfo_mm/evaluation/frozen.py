"""What the tasks share: frozen features of a job's videos, and what a task answers."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mlfo_mm.datasets.annotation import find_dataset
from mlfo_mm.evaluation.inference import Outputs, cached_features
from mlfo_mm.evaluation.job import Job
from mlfo_mm.evaluation.metrics import chance_note


@dataclass
class TaskResult:
    """What a task found; the fields are those of a record."""

    metrics: dict[str, float]
    n_samples: dict[str, dict[str, int]]
    protocol: dict[str, Any]
    decoders: list[str]
    notes: list[str] = field(default_factory=list)
    train_log: dict[str, Any] | None = None
    details: dict[str, Any] = field(default_factory=dict)


def identity(job: Job) -> dict[str, Any]:
    """What tells features of a job's weights and clips from all others."""
    return dict(
        weights=job.weights.sha256 or f'random seed {job.seed}',
        backbone=repr(job.pretrain.model.backbone.to_dict()),
        normalize=repr(job.pretrain.normalize.to_dict()),
        clips=job.geometry.as_dict() | dict(num_clips=job.settings.num_clips),
    )


def features(job: Job, subset: str, reverse: bool = False) -> Outputs:
    """Pooled features of every clip of a list, of all levels, kept for the other tasks.

    Args:
        job: Whose weights, clips and data set.
        subset: 'train' or 'test'.
        reverse: Of the clips played backwards.
    """
    return cached_features(
        job.model,
        job.test_data(subset, reverse),
        identity(job) | dict(reverse=reverse),
        Path(job.request.work_dir) / 'features',
        job.settings.batch_size,
        job.settings.num_workers,
        job.amp,
        f'features of {job.request.dataset} {subset}' + (' played backwards' if reverse else ''),
    )


def listed(job: Job, file: str) -> str:
    """Path of a video as the data set's lists have it."""
    folder = find_dataset(job.request.dataset).absolute()
    return Path(os.path.relpath(file, folder)).as_posix()


def counts(train: Outputs, test: Outputs) -> dict[str, dict[str, int]]:
    """Videos of both lists, as a record holds them."""
    return dict(train=train.counts(), test=test.counts())


def decoders(*outputs: Outputs) -> list[str]:
    """All decoders that were used."""
    return sorted({name for each in outputs for name in each.decoders})


def chance(name: str, percent: float, test: Outputs, train: Outputs, guess: str) -> list[str]:
    """A note, or none, that an accuracy cannot be told from guessing."""
    note = chance_note(name, percent, test.labels, train.labels, guess)
    return [note] if note else []
