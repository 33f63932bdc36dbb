"""What became of each test video: a mean's values one by one, as a record holds them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

ROUNDED = 0.01  # to so much are the values of videos, in percent


def by_video(shares: np.ndarray) -> str:
    """Shares (M,) of right answers to the test videos as text, in percent.

    >>> by_video(np.array([1, 0, 2 / 3]))
    '100 0 66.67'
    """
    return ' '.join(f'{value:g}' for value in (100 * np.asarray(shares, float)).round(2))


def values_of(text: str) -> np.ndarray:
    """The percentages (M,) of such a text.

    Raises:
        ValueError: A word of it is no number.
    """
    return np.array([float(word) for word in text.split(' ')])


def wrong_outcomes(name: str, text: str, metrics: Mapping[str, float], videos: int) -> str:
    """What is wrong with the outcomes of a metric on so many videos; empty where nothing is."""
    try:
        values = values_of(text)
    except ValueError:
        return f'{name} must be numbers with a space between'
    if not ((values >= 0) & (values <= 100)).all():  # not so of NaN
        return f'{name} holds numbers that are no percentages'
    if len(values) != videos:
        return f'{name} has {len(values)} videos, {videos} were read'
    if name not in metrics or abs(values.mean() - metrics[name]) > ROUNDED:
        return f'{name} has a mean of {values.mean():.3f}, the metric is {metrics.get(name)}'
    return ''
