"""Where data sets lie, and other folders that the environment names."""

from __future__ import annotations

import os
from pathlib import Path

DEFAULT = Path('data')


def data_roots() -> list[Path]:
    """Folders searched for data sets: those in ``MLFO_DATA_ROOT``, then ``./data``."""
    named = [expanded(r) for r in os.environ.get('MLFO_DATA_ROOT', '').split(os.pathsep) if r]
    return [*named, DEFAULT]


def named_folder(variable: str) -> Path | None:
    """The folder that a variable names; None where it names none."""
    name = os.environ.get(variable)
    return expanded(name) if name else None


def expanded(name: str) -> Path:
    """A folder; ``~`` is the home, which a shell leaves as it is in quotes and behind a colon."""
    return Path(os.path.expanduser(name))
