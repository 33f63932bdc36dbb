"""How keys are printed in tables, and texts of others made fit to stand in a cell."""

from __future__ import annotations

from mlfo_mm.errors import printable
from mlfo_mm.study.names import BACKBONES, DATASETS


def one_line(text: str) -> str:
    """Return a text that cannot break a row of a table, whatever the form."""
    return ' '.join(printable(text).replace('|', '/').split())


def dataset_name(name: str) -> str:
    """Return the printed name of a data set."""
    return one_line(DATASETS.get(name, name))


def backbone_name(name: str) -> str:
    """Return the printed name of a backbone."""
    return one_line(BACKBONES.get(name, name))
