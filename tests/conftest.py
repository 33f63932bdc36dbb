"""Fixtures shared by all tests."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

REPO = Path(__file__).resolve().parent.parent


@pytest.fixture(scope='session')
def real_data() -> Path:
    """Folder of real data sets in the standard layout, or a skip."""
    root = Path(os.environ.get('MLFO_TEST_DATA', REPO.parent / 'shared' / 'data'))
    if not root.is_dir():
        pytest.skip(f'no real data at {root} (set MLFO_TEST_DATA)')
    return root
