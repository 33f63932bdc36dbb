"""Scores to percent, and whether a result can be told from chance."""

from __future__ import annotations

import numpy as np
from mmaction.evaluation import top_k_accuracy
from scipy.stats import binomtest


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
    hits = round(percent / 100 * len(test_labels))
    if binomtest(hits, len(test_labels), chance, alternative='greater').pvalue < 0.05:
        return None
    return (
        f'{name} {percent:.1f} cannot be told from chance ({100 * chance:.1f}, '
        f'{len(test_labels)} test videos): weights or labels are suspect'
    )


def _percent(value: float) -> float:
    return 100 * float(value)
