"""The import graph is that of the code, and the names that the page walks along are there."""

from __future__ import annotations

import importlib
import re

import pytest

from mlfo_mm.errors import UserError
from tests.conftest import REPO

PAGE = (REPO / 'docs/architecture.md').read_text()
NAMES = sorted(
    set(
        re.findall(r'`((?:study|datasets|models|engine|evaluation|reporting|files)\.[\w.]+)`', PAGE)
    )
)


@pytest.fixture
def tool(monkeypatch):
    monkeypatch.syspath_prepend(REPO / 'tools/dev')
    return importlib.import_module('import_graph')


def test_page_is_up_to_date(tool):
    graph = tool.mermaid(tool.edges(REPO / 'mlfo_mm'))
    assert tool.with_graph(PAGE, graph, '') == PAGE, 'run python tools/dev/import_graph.py'


def test_imports_are_counted_by_module_wherever_they_stand(tool, tmp_path):
    root = tmp_path / 'mlfo_mm'
    for name, text in {
        '__init__.py': '',
        'errors.py': '',
        'all.py': 'import mlfo_mm.models',
        'data/__init__.py': 'from . import lists',
        'data/lists.py': 'import torch\nfrom mlfo_mm.errors import A\nfrom mlfo_mm import errors',
        'models/__init__.py': '',
        'models/loss.py': 'def f():\n    from ..data.lists import read\n    from .. import errors',
        'models/sub/__init__.py': 'from ...data import lists',
    }.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    found = tool.edges(root)
    assert found == {
        ('all', 'models'): 1,
        ('data', 'mlfo_mm'): 1,
        ('models', 'data'): 2,
        ('models', 'mlfo_mm'): 1,
    }
    assert tool.mermaid(found).splitlines()[2:4] == [
        '    all -->|1| models',
        '    data -->|1| mlfo_mm',
    ]


def test_markers_are_asked_for(tool):
    for text in ('', tool.BEGIN, f'{tool.END}{tool.BEGIN}'):
        with pytest.raises(UserError, match='page: needs the lines'):
            tool.with_graph(text, 'graph', 'page')
    assert tool.with_graph(f'a{tool.BEGIN}b{tool.END}c', 'graph', '').split() == [
        *f'a{tool.BEGIN}'.split(), 'graph', *f'{tool.END}c'.split()
    ]  # fmt: skip


@pytest.mark.parametrize('name', NAMES)
def test_name_on_the_page_is_there(name):
    parts = name.split('.')
    for end in range(len(parts), 0, -1):
        try:
            found = importlib.import_module('.'.join(['mlfo_mm', *parts[:end]]))
        except ModuleNotFoundError:
            continue
        for part in parts[end:]:
            found = getattr(found, part)
        return
    pytest.fail(f'no module of {name}')
