"""What a test set can tell: the error of an accuracy, and whether it is no better than guessing."""

from __future__ import annotations

import math

import numpy as np
from scipy.special import bdtrc

LEVEL = 0.05
FAR = 10.0  # points
SURE = 1.96  # standard errors


def standard_error(accuracy: float, videos: int) -> float:
    """Binomial standard error of an accuracy on so many videos, both in percent."""
    return math.sqrt(accuracy * (100 - accuracy) / videos)


def least_told(chance: float, videos: int) -> float | None:
    """Return the smallest accuracy that a test set tells from chance, both in percent.

    It is that of the one-sided binomial test at 5 %; None where not even 100 % is told.

    >>> least_told(12.5, 480), least_told(50, 4)
    (15.208333333333334, None)
    """
    hits = np.arange(1, videos + 1)
    told = hits[bdtrc(hits - 1, videos, chance / 100) < LEVEL]
    return 100 * int(told[0]) / videos if len(told) else None


def is_small(chance: float, videos: int) -> bool:
    """Whether what a test set tells from chance begins far above it: more than 10 points.

    On such a set an accuracy near chance says more of the set than of the weights.
    """
    least = least_told(chance, videos)
    return least is None or least > chance + FAR
