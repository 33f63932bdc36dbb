"""tools/stress/mutate_losses.py: what it changes, and what it leaves alone."""

from __future__ import annotations

import importlib.util

import pytest

from tests.conftest import REPO

LOSS = """
def loss(a: float, b: float = 2) -> float:
    if a < 0:
        raise ValueError(f'{a - 1} is below 0')
    return -(a + 2 * b)
"""


@pytest.fixture
def tool():
    path = REPO / 'tools/stress/mutate_losses.py'
    spec = importlib.util.spec_from_file_location('mutate', path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_changes(tool):
    found = [(line, word) for line, word, _ in tool.mutants(LOSS)]
    assert sorted(found) == [
        (3, '1 for 0'),
        (3, 'LtE for the comparison'),
        (5, '1 for 2'),
        (5, '3 for 2'),
        (5, 'Div for Mult'),
        (5, 'Sub for Add'),
        (5, 'left summand alone'),
        (5, 'no minus'),
        (5, 'right summand alone'),
    ]
    assert len({text for _, _, text in tool.mutants(LOSS)}) == len(found)
