"""What monitors must not fall below, said by whoever makes them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Bound:
    """The least value at which nothing is wrong.

    Attributes:
        least: Smallest healthy mean over an epoch.
        what: What is wrong below it.
        collapse: The monitor is the spread of an embedding: where all of a model's are under their
            bounds, nothing is told apart, and training on is of no use.
    """

    least: float
    what: str
    collapse: bool = False


# of embeddings on the sphere, whose spread is 1 where they fill it; a fresh network has 0.03
COLLAPSE = Bound(0.01, 'embeddings collapsed', collapse=True)
