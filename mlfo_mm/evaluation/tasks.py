"""The downstream tasks; each measures the trial's backbone under one fixed protocol."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from mmengine.registry import DATASETS

from mlfo_mm.datasets.annotation import find_dataset, list_file, read_list
from mlfo_mm.errors import UserError
from mlfo_mm.evaluation.frozen import TaskResult, chance, counts, decoders, features
from mlfo_mm.evaluation.inference import Outputs, predict
from mlfo_mm.evaluation.metrics import answers, classification_metrics, top1_hits
from mlfo_mm.evaluation.neighbours import neighbours
from mlfo_mm.evaluation.nn_recall import nn_hits, recall, recall_key
from mlfo_mm.evaluation.order import order
from mlfo_mm.evaluation.probe import Probe, fit_probe, video_groups
from mlfo_mm.evaluation.recognizer import LEVELS
from mlfo_mm.evaluation.training import build_classifier, train_classifier
from mlfo_mm.evaluation.trial import Trial
from mlfo_mm.study.outcomes import by_video

FIRST = ('R@1', 'R@1_centred')  # whose outcomes a record holds


def linear_probe(trial: Trial) -> TaskResult:
    """A linear classifier on the frozen backbone: trained online or fitted to stored features."""
    return _cached_probe(trial) if trial.settings.probe == 'cached' else _trained(trial)


def finetune(trial: Trial) -> TaskResult:
    """The whole network trained with labels, by one recipe for every method."""
    return _trained(trial)


def retrieval(trial: Trial) -> TaskResult:
    """Test videos query the training list by cosine, on raw and on mean-centred features."""
    train, test = features(trial, 'train'), features(trial, 'test')
    query, gallery = (torch.from_numpy(each.video_means()) for each in (test, train))
    labels = [torch.from_numpy(each.labels) for each in (test, train)]
    topk = tuple(trial.settings.topk)
    hits: dict[str, torch.Tensor] = {}
    for centre in (False, True):
        hits |= nn_hits(query, labels[0], gallery, labels[1], topk, centre)
    metrics = recall(hits)
    if not metrics:
        raise UserError(f'downstream.topk={list(topk)}: the gallery has {len(gallery)} videos only')
    notes = [
        f'R@{k} needs {k} gallery videos, there are {len(gallery)}: n/a'
        for k in topk
        if k > len(gallery)
    ]
    key = recall_key(min(topk), False)
    if key == 'R@1' and key in metrics:
        notes += chance('R@1', metrics[key], test, train, 'neighbour')
    what = f'retrieval, frozen, test queries train, cosine of the mean of {trial.settings.num_clips} clips'
    return TaskResult(
        metrics,
        counts(train, test),
        trial.protocol(what) | dict(distance='cosine', topk=list(topk)),
        decoders(train, test),
        notes,
        outcomes={key: by_video(hits[key].numpy()) for key in FIRST if key in hits},
    )


def level_probe(trial: Trial) -> TaskResult:
    """The stored-features probe on each level of the backbone."""
    train, test = features(trial, 'train'), features(trial, 'test')
    levels = [
        *((name, train.extra[name], test.extra[name]) for name in LEVELS if name in train.extra),
        (LEVELS[-1], train.values, test.values),
    ]
    metrics: dict[str, float] = {}
    notes: list[str] = []
    strengths: dict[str, float] = {}
    validation: dict[str, dict[str, float]] = {}
    outcomes: dict[str, str] = {}
    for name, known, asked in levels:
        probe, key = _fit(trial, known, train), f'top1_{name}'
        hits = top1_hits(probe.scores(asked, trial.average), test.labels, train.labels)
        metrics[key], outcomes[key] = 100 * float(hits.mean()), by_video(hits)
        notes += chance(key, metrics[key], test, train, 'largest')
        strengths[name], validation[name] = probe.strength, _validation(probe)
    what = f'probe per level, frozen, logistic regression on stored features, {probe.validation}'
    protocol = trial.protocol(what) | dict(
        probe='cached',
        train_on=trial.settings.train_on,
        strength=strengths,
        validation_accuracy=validation,
    )
    read, found = counts(train, test), decoders(train, test)
    return TaskResult(metrics, read, protocol, found, notes, outcomes=outcomes)


TASKS: dict[str, Callable[[Trial], TaskResult]] = dict(
    linear_probe=linear_probe,
    finetune=finetune,
    retrieval=retrieval,
    level_probe=level_probe,
    order=order,
    neighbours=neighbours,
)


def _fit(trial: Trial, clips: np.ndarray, train: Outputs) -> Probe:
    settings = trial.settings
    return fit_probe(
        clips,
        train.labels,
        len(trial.classes),
        groups=video_groups(train.files),
        train_on=settings.train_on,
        strengths=tuple(settings.strengths),
        folds=settings.folds,
        seed=trial.seed,
        average=trial.average,
    )


def _validation(probe: Probe) -> dict[str, float]:
    return {f'{c:g}': round(a, 2) for c, a in probe.accuracy.items()}


def _cached_probe(trial: Trial) -> TaskResult:
    train, test = features(trial, 'train'), features(trial, 'test')
    probe = _fit(trial, train.values, train)
    scores = probe.scores(test.values, trial.average)
    metrics, notes = classification_metrics(scores, test.labels, train.labels)
    notes += chance('top1', metrics['top1'], test, train, 'largest')
    what = f'linear probe, frozen, logistic regression on stored features, {probe.validation}'
    protocol = trial.protocol(what) | dict(
        probe='cached',
        train_on=trial.settings.train_on,
        strength=probe.strength,
        validation_accuracy=_validation(probe),
    )
    return TaskResult(
        metrics,
        counts(train, test),
        protocol,
        decoders(train, test),
        notes,
        details=answers(scores, test.labels, train.labels, trial.classes),
        outcomes=dict(top1=by_video(top1_hits(scores, test.labels, train.labels))),
    )


def _trained(trial: Trial) -> TaskResult:
    settings, epochs = trial.settings, trial.config.train_cfg.max_epochs
    model = build_classifier(trial)
    train_counts, log = train_classifier(trial, model)
    test = predict(
        model,
        DATASETS.build(trial.test_data('test')),
        settings.batch_size,
        settings.num_workers,
        trial.amp,
        f'testing on {trial.request.dataset}',
    )
    folder = find_dataset(trial.request.dataset)
    listed = read_list(list_file(folder, 'train', trial.request.split))
    trained = np.array([sample.label for sample in listed])
    metrics, notes = classification_metrics(test.values, test.labels, trained)
    notes += chance('top1', metrics['top1'], test, test, 'largest')
    kind = (
        'linear probe, frozen (batch norm in eval mode)'
        if settings.freeze_backbone
        else 'finetune of the whole network'
    )
    flip = f'flips {trial.flip_ratio:g}' if trial.flip_ratio else 'no flips'
    protocol = trial.protocol(f'{kind}, {epochs} epochs, last epoch, {flip}') | dict(
        probe='online' if settings.freeze_backbone else None,
        epochs=epochs,
        train_batch_size=settings.train_batch_size,
        lr=trial.config.optim_wrapper.optimizer.lr,
        flip_ratio=trial.flip_ratio,
    )
    read = dict(train=train_counts, test=test.counts())
    outcomes = dict(top1=by_video(top1_hits(test.values, test.labels, trained)))
    details = answers(test.values, test.labels, trained, trial.classes)
    return TaskResult(metrics, read, protocol, test.decoders, notes, log, details, outcomes)
