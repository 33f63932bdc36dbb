"""The three downstream tasks; each measures the job's backbone under one fixed protocol."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from mmengine.registry import DATASETS

from mlfo_mm.evaluation.inference import Outputs, cached_features, predict
from mlfo_mm.evaluation.job import Job
from mlfo_mm.evaluation.metrics import chance_note, classification_metrics
from mlfo_mm.evaluation.nn_recall import nn_recall, recall_key
from mlfo_mm.evaluation.probe import fit_probe, video_groups
from mlfo_mm.evaluation.training import build_classifier, train_classifier


@dataclass
class TaskResult:
    """What a task found; the fields are those of a record."""

    metrics: dict[str, float]
    n_samples: dict[str, dict[str, int]]
    protocol: dict[str, Any]
    decoders: list[str]
    notes: list[str] = field(default_factory=list)
    train_log: dict[str, Any] | None = None


def features(job: Job, subset: str) -> Outputs:
    """Pooled features of every clip of a list, kept for the other tasks on the same weights."""
    identity = dict(
        weights=job.weights.sha256 or f'random seed {job.seed}',
        backbone=repr(job.pretrain.model.backbone.to_dict()),
        normalize=repr(job.pretrain.normalize.to_dict()),
        clips=job.geometry.as_dict() | dict(num_clips=job.settings.num_clips),
    )
    return cached_features(
        job.model,
        job.test_data(subset),
        identity,
        Path(job.request.work_dir) / 'features',
        job.settings.batch_size,
        job.settings.num_workers,
        job.amp,
        f'features of {job.request.dataset} {subset}',
    )


def linear_probe(job: Job) -> TaskResult:
    """A linear classifier on the frozen backbone: trained online or fitted to stored features."""
    return _cached_probe(job) if job.settings.probe == 'cached' else _trained(job)


def finetune(job: Job) -> TaskResult:
    """The whole network trained with labels, by one recipe for every method."""
    return _trained(job)


def retrieval(job: Job) -> TaskResult:
    """Test videos query the training list by cosine, on raw and on mean-centred features."""
    train, test = features(job, 'train'), features(job, 'test')
    query, gallery = (torch.from_numpy(each.video_means()) for each in (test, train))
    labels = [torch.from_numpy(each.labels) for each in (test, train)]
    topk = tuple(job.settings.topk)
    metrics: dict[str, float] = {}
    for centre in (False, True):
        metrics |= nn_recall(query, labels[0], gallery, labels[1], topk, centre)
    notes = [
        f'R@{k} needs {k} gallery videos, there are {len(gallery)}: n/a'
        for k in topk
        if k > len(gallery)
    ]
    key = recall_key(min(topk), False)
    if key == 'R@1' and key in metrics:
        notes += _chance('R@1', metrics[key], test, train, 'neighbour')
    what = f'retrieval, frozen, test queries train, cosine of the mean of {job.settings.num_clips} clips'
    return TaskResult(
        metrics,
        dict(train=train.counts(), test=test.counts()),
        job.protocol(what) | dict(distance='cosine', topk=list(topk)),
        sorted({*train.decoders, *test.decoders}),
        notes,
    )


TASKS: dict[str, Callable[[Job], TaskResult]] = dict(
    linear_probe=linear_probe, finetune=finetune, retrieval=retrieval
)


def _cached_probe(job: Job) -> TaskResult:
    train, test = features(job, 'train'), features(job, 'test')
    settings = job.settings
    probe = fit_probe(
        train.values,
        train.labels,
        len(job.classes),
        groups=video_groups(train.files),
        train_on=settings.train_on,
        strengths=tuple(settings.strengths),
        folds=settings.folds,
        seed=job.seed,
        average=job.average,
    )
    scores = probe.scores(test.values, job.average)
    metrics, notes = classification_metrics(scores, test.labels)
    notes += _chance('top1', metrics['top1'], test, train, 'largest')
    what = f'linear probe, frozen, logistic regression on stored features, {probe.validation}'
    protocol = job.protocol(what) | dict(
        probe='cached',
        train_on=settings.train_on,
        strength=probe.strength,
        validation_accuracy={f'{c:g}': round(a, 2) for c, a in probe.accuracy.items()},
    )
    return TaskResult(
        metrics,
        dict(train=train.counts(), test=test.counts()),
        protocol,
        sorted({*train.decoders, *test.decoders}),
        notes,
    )


def _trained(job: Job) -> TaskResult:
    settings, epochs = job.settings, job.config.train_cfg.max_epochs
    model = build_classifier(job)
    train_counts, log = train_classifier(job, model)
    test = predict(
        model,
        DATASETS.build(job.test_data('test')),
        settings.batch_size,
        settings.num_workers,
        job.amp,
        f'testing on {job.request.dataset}',
    )
    metrics, notes = classification_metrics(test.values, test.labels)
    notes += _chance('top1', metrics['top1'], test, test, 'largest')
    kind = (
        'linear probe, frozen (batch norm in eval mode)'
        if settings.freeze_backbone
        else 'finetune of the whole network'
    )
    flip = f'flips {settings.flip_ratio:g}' if settings.flip_ratio else 'no flips'
    protocol = job.protocol(f'{kind}, {epochs} epochs, last epoch, {flip}') | dict(
        probe='online' if settings.freeze_backbone else None,
        epochs=epochs,
        train_batch_size=settings.train_batch_size,
        lr=job.config.optim_wrapper.optimizer.lr,
        flip_ratio=settings.flip_ratio,
    )
    counts = dict(train=train_counts, test=test.counts())
    return TaskResult(metrics, counts, protocol, test.decoders, notes, log)


def _chance(name: str, percent: float, test: Outputs, train: Outputs, guess: str) -> list[str]:
    note = chance_note(name, percent, test.labels, train.labels, guess)
    return [note] if note else []
