"""The table of equations: every name is in its file, and the code names the equation too."""

from __future__ import annotations

import ast
import re

import pytest

from tests.conftest import REPO

PAGE = REPO / 'docs/equations.md'
ROW = re.compile(
    r'^\| ([\d, -]+) \| [^|]+ \| \[[^]]+\]\(\.\./([^)]+)\) \| `(\w+)` \|$', re.MULTILINE
)
ROWS = ROW.findall(PAGE.read_text(encoding='utf-8'))
OF_OTHERS = ('info_nce', 'augment_time', 'pair_steps', 'MotionExcitation')  # not MLFO's alone


def numbers(text: str) -> set[int]:
    """``6, 8`` and ``11-12`` as numbers."""
    found: set[int] = set()
    for first, last in re.findall(r'(\d+)(?:-(\d+))?', text):
        found |= set(range(int(first), int(last or first) + 1))
    return found


def test_every_equation_has_its_row():
    assert set().union(*(numbers(text) for text, *_ in ROWS)) == set(range(1, 14))


@pytest.mark.parametrize(('text', 'file', 'name'), ROWS, ids=[f'{r[0]} {r[2]}' for r in ROWS])
def test_the_name_is_there_and_tells_its_equation(text, file, name):
    source = (REPO / file).read_text(encoding='utf-8')
    tree = ast.parse(source)
    named = {
        node.name: node for node in tree.body if isinstance(node, ast.FunctionDef | ast.ClassDef)
    }
    constants = {
        target.id
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    assert name in named or name in constants
    if name in OF_OTHERS:
        return
    told = ast.get_docstring(tree) + (ast.get_docstring(named[name]) if name in named else source)
    said = set().union(*(numbers(match) for match in re.findall(r'Eq\. (\d[\d, and-]*)', told)))
    assert numbers(text) <= said
