"""Videos of the data sets of a plan: those at hand are counted, of others what is known."""

from __future__ import annotations

from typing import Literal

from mlfo_mm.datasets.annotation import find_dataset, list_file, read_lines
from mlfo_mm.errors import UserError
from mlfo_mm.study.sizes import Size, known_size

SUBSETS: tuple[Literal['train', 'test'], ...] = ('train', 'test')


class Sizes:
    """Each data set is looked at once."""

    def __init__(self) -> None:
        self._found: dict[str, Size | None] = {}

    def __call__(self, dataset: str) -> Size | None:
        """Size of a data set's first split; None where it is neither here nor known."""
        if dataset not in self._found:
            self._found[dataset] = _count(dataset)
        return self._found[dataset]


def _count(dataset: str) -> Size | None:
    try:
        folder = find_dataset(dataset)
        lists = [list(read_lines(list_file(folder, subset))) for subset in SUBSETS]
    except UserError:
        return known_size(dataset)
    return Size(*map(len, lists))
