"""Where data sets lie."""

from __future__ import annotations

import os
from pathlib import Path

DEFAULT = Path('data')


def data_roots() -> list[Path]:
    """Folders searched for data sets: those in ``MLFO_DATA_ROOT``, then ``./data``."""
    named = [Path(r) for r in os.environ.get('MLFO_DATA_ROOT', '').split(os.pathsep) if r]
    return [*named, DEFAULT]
