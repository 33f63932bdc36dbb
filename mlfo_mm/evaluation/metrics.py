"""Scores to percent, and whether a result can be told from chance."""

from __future__ import annotations

import numpy as np
from mmaction.evaluation import top_k_accuracy
from scipy.stats import binomtest

from mlfo_mm.study.chance import LEVEL, is_small, least_told


def classification_metrics(
    scores: np.ndarray, labels: np.ndarray
) -> tuple[dict[str, float], list[str]]:
    """Top-1, top-5 and mean class accuracy of scores (M, C) for labels (M,), in percent.

    Returns:
        The metrics, and notes on what was left out.
    """
    num_classes = scores.shape[1]
    metrics = dict(top1=_percent(top_k_accuracy(scores, labels, (1,))[0]))
    notes = []
    if num_classes > 5:
        metrics['top5'] = _percent(top_k_accuracy(scores, labels, (5,))[0])
    else:
        notes.append(f'top5 says nothing with {num_classes} classes: n/a')
    hit = scores.argmax(1) == labels
    present = np.unique(labels)  # a class without test videos has no accuracy
    metrics['mean_class'] = _percent(np.mean([hit[labels == label].mean() for label in present]))
    if len(present) < num_classes:
        missing = num_classes - len(present)
        notes.append(f'mean_class leaves out {missing} classes without test videos')
    return metrics, notes


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
