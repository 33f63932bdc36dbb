"""How many videos the lists of known data sets have: checked where they are made, else for estimates."""

from __future__ import annotations

from typing import NamedTuple


class Size(NamedTuple):
    """Videos of the two lists of a split."""

    train: int
    test: int


SIZES = dict(
    # official splits, by their numbers
    ucf101={1: Size(9_537, 3_783), 2: Size(9_586, 3_734), 3: Size(9_624, 3_696)},
    hmdb51={1: Size(3_570, 1_530), 2: Size(3_570, 1_530), 3: Size(3_570, 1_530)},
    # training and validation lists, as they were published or can still be downloaded
    kinetics400={1: Size(240_436, 19_796)},
    kinetics600={1: Size(392_622, 30_001)},
    # embedded: what they are drawn with by default
    digits_motion={1: Size(960, 480)},
    digits_class={1: Size(960, 480)},
)


def known_size(dataset: str, split: int = 1) -> Size | None:
    """Return the size of a known data set, None of any other."""
    return SIZES.get(dataset, {}).get(split)
