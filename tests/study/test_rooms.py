"""Imports go one way: the study knows nothing of the rooms that use it, reporting only the study."""

from __future__ import annotations

import ast

import pytest

from tests.conftest import REPO

ALLOWED = dict(
    study={'study', 'errors', 'files'},
    # figures show frames of the data
    reporting={'reporting', 'study', 'errors', 'files', 'datasets'},
)


@pytest.mark.parametrize('room', ALLOWED)
def test_what_a_room_imports(room):
    found = set()
    for path in (REPO / 'mlfo_mm' / room).rglob('*.py'):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and str(node.module).startswith('mlfo_mm'):
                found.add((node.module or '').split('.')[1] if '.' in str(node.module) else '')
    assert found <= ALLOWED[room]
