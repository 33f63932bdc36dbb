"""Scores to percent, and whether a result can be told from chance."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.stats import binomtest

from mlfo_mm.errors import UserError
from mlfo_mm.study.chance import LEVEL, is_small, least_told


def top1_hits(scores: np.ndarray, labels: np.ndarray, trained: np.ndarray) -> np.ndarray:
    """Chance (M,) that the highest of a video's scores (M, C) is its label's, ties drawn by lot.

    That of a class that was never trained is 0, whatever its score.
    """
    return np.isin(labels, trained) * placed(scores, labels, 1)


def answers(
    scores: np.ndarray, labels: np.ndarray, trained: np.ndarray, classes: Sequence[str]
) -> dict[str, Any]:
    """Which class each video was taken for, as details of a record hold it.

    That is the trained class with the highest of its scores (M, C); of equal ones the first.
    """
    known = np.isin(np.arange(scores.shape[1]), trained)
    predicted = np.where(known, scores, -np.inf).argmax(1)
    words = {
        key: ' '.join(map(str, x)) for key, x in dict(labels=labels, predicted=predicted).items()
    }
    return dict(answers=dict(classes=list(classes), **words))


def classification_metrics(
    scores: np.ndarray, labels: np.ndarray, trained: np.ndarray
) -> tuple[dict[str, float], list[str]]:
    """Top-1, top-5 and mean class accuracy of scores (M, C) for labels (M,), in percent.

    Of classes with equal scores none stands before the other: each has its share of the places. A
    class that was never trained is never right, whatever its score.

    Args:
        scores: (M, C).
        labels: (M,).
        trained: Labels of the training videos.

    Returns:
        The metrics, and notes on what was left out.
    """
    num_classes = scores.shape[1]
    known = np.isin(labels, trained)
    hit = top1_hits(scores, labels, trained)
    metrics = dict(top1=_percent(hit.mean()))
    notes = []
    classes = len(np.unique(trained))
    if classes > 5:
        metrics['top5'] = _percent((known * placed(scores, labels, 5)).mean())
    else:
        notes.append(f'top5 says nothing with {classes} classes: n/a')
    if not known.all():
        unknown = len(np.unique(labels[~known]))
        notes.append(
            f'{unknown} classes have no training videos: their {(~known).sum()} test videos are '
            'never right'
        )
    present = np.unique(labels)  # a class without test videos has no accuracy
    metrics['mean_class'] = _percent(np.mean([hit[labels == label].mean() for label in present]))
    if len(present) < num_classes:
        missing = num_classes - len(present)
        notes.append(f'mean_class leaves out {missing} classes without test videos')
    return metrics, notes


def placed(scores: np.ndarray, labels: np.ndarray, k: int) -> np.ndarray:
    """Chance (M,) that each label is among the k highest of its scores (M, C), ties drawn by lot.

    Raises:
        UserError: A score is no number, below which nothing stands.
    """
    broken = int(np.isnan(scores).any(1).sum())
    if broken:
        raise UserError(
            f'the scores of {broken} of {len(scores)} videos are no numbers: the weights are broken'
        )
    own = scores[np.arange(len(labels)), labels][:, None]
    higher, equal = (scores > own).sum(1), (scores == own).sum(1)
    return np.clip((k - higher) / equal, 0.0, 1.0)


def chance_note(
    name: str, percent: float, test_labels: np.ndarray, train_labels: np.ndarray, guess: str
) -> str | None:
    """Warning if an accuracy is what guessing would give (one-sided binomial test at 5 %).

    Of a small test set it says that it is small, of a large one that something is wrong.

    Args:
        name: Of the metric.
        percent: Its value.
        test_labels: Labels of the videos it was measured on.
        train_labels: Labels of the training list.
        guess: 'largest' for always saying the class that is most frequent in the test list,
            'neighbour' for the label of a training video picked at random.
    """
    classes = int(max(test_labels.max(), train_labels.max())) + 1
    shares = np.bincount(test_labels, minlength=classes) / len(test_labels)
    train_shares = np.bincount(train_labels, minlength=classes) / len(train_labels)
    chance = float(shares.max() if guess == 'largest' else shares @ train_shares)
    return untold(name, percent, 100 * chance, len(test_labels))


def untold(name: str, percent: float, chance: float, videos: int, answers: int = 1) -> str | None:
    """Warning if an accuracy cannot be told from a given chance, both in percent.

    Args:
        name: Of the metric.
        percent: Its value.
        chance: What guessing reaches.
        videos: In the test list.
        answers: Of each video; they count as independent.
    """
    trials = answers * videos
    if chance >= 100:
        return f'{name} says nothing: all {videos} test videos are of the class that is guessed'
    hits = round(percent / 100 * trials)
    if binomtest(hits, trials, chance / 100, alternative='greater').pvalue < LEVEL:
        return None
    note = f'{name} {percent:.1f} cannot be told from chance ({chance:.1f}, {videos} test videos): '
    if not is_small(chance, trials):
        return note + 'weights or labels are suspect'
    least = least_told(chance, trials)
    return (
        note + f'the test set is small, it tells {f"{least:.1f} and more" if least else "nothing"}'
    )


def _percent(value: float) -> float:
    return 100 * float(value)
