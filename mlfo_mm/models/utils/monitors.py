"""What logged values say of a run, said by whoever makes them."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Bound:
    """The least value of a monitor at which nothing is wrong.

    Attributes:
        least: Smallest healthy mean over an epoch.
        what: What is wrong below it.
        collapse: The monitor is the spread of an embedding: where all of a model's are under their
            bounds, nothing is told apart, and training on is of no use.
    """

    least: float
    what: str
    collapse: bool = False


@dataclass(frozen=True)
class TermBound:
    """What a term's loss is, as it is logged, where its task is not learned, or by a shortcut alone.

    The term asks which of some candidates is the right one, by cross-entropy: a network that tells
    none of them from another has the logarithm of their number. Or it asks for numbers (``value``).

    Attributes:
        candidates: Their number.
        weight: Of the term.
        shortcut: A cue that helps without what the task is there for, in words; none where empty.
        left: Candidates that the shortcut does not tell apart. 1: it solves the task. A geometric mean
            where it helps with some of the questions only.
        value: Loss of a term that has no candidates, where all that is predicted is ``guess``.
        guess: In words, such as 'what standing still has'.
    """

    candidates: int
    weight: float = 1.0
    shortcut: str = ''
    left: float = 1
    value: float | None = None
    guess: str = ''

    @property
    def chance(self) -> float:
        """Loss of a network that has learned nothing."""
        return self.weight * (math.log(self.candidates) if self.value is None else self.value)

    @property
    def by_shortcut(self) -> float:
        """Loss of one that follows the shortcut alone."""
        return self.weight * math.log(self.left)


# of embeddings on the sphere, whose spread is 1 where they fill it; a fresh network has 0.03
COLLAPSE = Bound(0.01, 'embeddings collapsed', collapse=True)
