"""Two rows compared over seeds and test clips, and what such a comparison can tell.

The differences (seeds, clips) are a mean, an effect of the seed, one of the clip, and a rest: the model
with crossed random effects, in closed form as no cell is empty. Another seed and other clips would give
another mean; both count in its error.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import nctdtrinc, stdtr, stdtrit


@dataclass(frozen=True)
class Spread:
    """Variances of a difference in points squared: from seed to seed, from clip to clip, the rest."""

    seeds: float
    clips: float
    rest: float

    def error(self, seeds: int, clips: int) -> float:
        """Standard error of the mean over so many seeds and clips."""
        return math.sqrt(self._squares(seeds, clips)[0] / (seeds * clips))

    def freedom(self, seeds: int, clips: int) -> float:
        """Degrees of freedom of that error, by Satterthwaite; without any spread those of the seeds."""
        total, terms = self._squares(seeds, clips)
        return total**2 / terms if terms else seeds - 1.0

    def _squares(self, seeds: int, clips: int) -> tuple[float, float]:
        by_seed, by_clip = self.rest + clips * self.seeds, self.rest + seeds * self.clips
        own = (seeds - 1, clips - 1)
        terms = by_seed**2 / own[0] + by_clip**2 / own[1] + self.rest**2 / (own[0] * own[1])
        return by_seed + by_clip - self.rest, terms


def stacked(pairs: Sequence[tuple[np.ndarray | None, np.ndarray | None]]) -> np.ndarray | None:
    """Return the differences (S, C) of pairs (C,); None where one lacks, or they differ in length."""
    found = [
        first - second
        for first, second in pairs
        if first is not None and second is not None and len(first) == len(second)
    ]
    whole = len(found) == len(pairs) and len({len(each) for each in found}) == 1
    return np.stack(found) if whole and len(found[0]) > 1 else None


def spread_of(differences: np.ndarray) -> Spread:
    """Estimate the variances from differences (S, C), of at least two seeds and two clips."""
    seeds, clips = differences.shape
    by_seed, by_clip = differences.mean(1), differences.mean(0)
    rest = differences - by_seed[:, None] - by_clip + differences.mean()
    left = float((rest**2).sum()) / ((seeds - 1) * (clips - 1))
    return Spread(
        max(float(by_seed.var(ddof=1)) - left / clips, 0.0),
        max(float(by_clip.var(ddof=1)) - left / seeds, 0.0),
        left,
    )


def least_difference(
    spread: Spread, seeds: int, clips: int, level: float = 0.05, power: float = 0.8
) -> float:
    """Return the smallest difference that so many seeds and clips tell with some power, in points.

    Args:
        spread: of the differences.
        seeds: that both rows have.
        clips: of the test list.
        level: of the two-sided test; of the hardest of m comparisons under Holm's correction, 0.05 / m.
        power: the chance that the test finds it.
    """
    freedom = spread.freedom(seeds, clips)
    critical = float(stdtrit(freedom, 1 - level / 2))
    away = float(nctdtrinc(freedom, 1 - power, critical))  # in standard errors
    return away * spread.error(seeds, clips)


def two_sided(
    mean: float, error: float, freedom: float, by: float, margin: float | None
) -> tuple[float, bool]:
    """Return twice the smaller one-sided p-value, and whether that one speaks for the statement."""
    p_false, p_true = one_sided(mean - by, error, freedom, margin)
    return min(1.0, 2 * min(p_false, p_true)), p_false < p_true


def one_sided(
    mean: float, error: float, freedom: float, margin: float | None
) -> tuple[float, float]:
    """Return the p-values of 'the statement is false' and of 'the statement is true'.

    The statement is ``difference > 0``, or ``|difference| < margin`` (two one-sided tests).
    """

    def above(value: float) -> float:
        return float(stdtr(freedom, -value / error))

    if margin is None:
        return above(mean), above(-mean)
    size = abs(mean)
    return above(margin - size), above(size - margin)


def holm(values: Sequence[float]) -> list[float]:
    """Return the p-values adjusted by Holm's step-down method."""
    order = sorted(range(len(values)), key=values.__getitem__)
    adjusted = [0.0] * len(values)
    largest = 0.0
    for rank, index in enumerate(order):
        largest = max(largest, min(1.0, (len(values) - rank) * values[index]))
        adjusted[index] = largest
    return adjusted
