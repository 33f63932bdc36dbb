"""What the tasks share: frozen features of a trial's videos, and what a task answers."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mlfo_mm.datasets.annotation import find_dataset
from mlfo_mm.evaluation.inference import Outputs, cached_features
from mlfo_mm.evaluation.metrics import chance_note
from mlfo_mm.evaluation.trial import Trial


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
    outcomes: dict[str, str] = field(default_factory=dict)


def identity(trial: Trial) -> dict[str, Any]:
    """What tells features of a trial's weights and clips from all others."""
    return dict(
        weights=trial.weights.sha256 or f'random seed {trial.seed}',
        backbone=repr(trial.pretrain.model.backbone.to_dict()),
        normalize=repr(trial.pretrain.normalize.to_dict()),
        clips=trial.geometry.as_dict() | dict(num_clips=trial.settings.num_clips),
    )


def features(trial: Trial, subset: str, reverse: bool = False) -> Outputs:
    """Pooled features of every clip of a list, of all levels, kept for the other tasks.

    Args:
        trial: Whose weights, clips and data set.
        subset: 'train' or 'test'.
        reverse: Of the clips played backwards.
    """
    return cached_features(
        trial.model,
        trial.test_data(subset, reverse),
        identity(trial) | dict(reverse=reverse),
        Path(trial.request.work_dir) / 'features',
        trial.settings.batch_size,
        trial.settings.num_workers,
        trial.amp,
        f'features of {trial.request.dataset} {subset}' + (' played backwards' if reverse else ''),
    )


def listed(trial: Trial, file: str) -> str:
    """Path of a video as the data set's lists have it."""
    folder = find_dataset(trial.request.dataset).absolute()
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
