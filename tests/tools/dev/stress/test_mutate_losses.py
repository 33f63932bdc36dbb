"""tools/dev/stress/mutate_losses.py: what it changes, what it leaves alone, and what it says."""

from __future__ import annotations

import importlib
import json
import tomllib

import pytest
import torch

from tests.conftest import REPO

LOSS = """
def loss(a: float, b: float = 2) -> float:
    if a < 0 or not 0 <= b <= 9:
        raise ValueError(f'{a - 1} is below 0')
    return -(a + 2 * b)
"""


@pytest.fixture
def mutants(monkeypatch):
    monkeypatch.syspath_prepend(REPO / 'tools/dev/stress')
    return importlib.import_module('mutants')


@pytest.fixture
def tool(mutants):
    return importlib.import_module('mutate_losses')


def test_changes(mutants):
    found = list(mutants.mutants(LOSS))
    assert sorted((mutant.line, mutant.change) for mutant in found) == [
        (3, '1 for 0'),
        (3, '1 for 0'),
        (3, '10 for 9'),
        (3, '8 for 9'),
        (3, 'And for Or'),
        (3, 'Lt for LtE'),
        (3, 'Lt for LtE'),
        (3, 'LtE for Lt'),
        (3, 'no Not'),
        (5, '1 for 2'),
        (5, '3 for 2'),
        (5, 'Div for Mult'),
        (5, 'Sub for Add'),
        (5, 'left summand alone'),
        (5, 'no USub'),
        (5, 'right summand alone'),
    ]
    assert len({mutant.text for mutant in found}) == len(found)
    after = {mutant.change: mutant.after for mutant in found}
    assert after['Sub for Add'] == 'return -(a - 2 * b)'
    assert after['And for Or'] == 'if a < 0 and (not 0 <= b <= 9):'


def test_a_changed_module_is_seen_by_all_who_have_it(mutants, tmp_path, monkeypatch):
    """Functions that were imported before, decorated ones and methods."""
    (tmp_path / 'grafted.py').write_text(
        'import torch\n'
        'def f(): return 1\n'
        '@torch.no_grad()\n'
        'def g(): return 1, torch.is_grad_enabled()\n'
        'class A(torch.nn.Module):\n'
        '    def __init__(self):\n'
        '        super().__init__()\n'
        '        self.a = 1\n'
    )
    monkeypatch.syspath_prepend(tmp_path)
    grafted = importlib.import_module('grafted')
    f, g, kind = grafted.f, grafted.g, grafted.A
    text = (tmp_path / 'grafted.py').read_text().replace('1', '2')
    assert mutants.graft(grafted, text) == 3
    assert (f(), g(), kind().a) == (2, (2, False), 2)
    assert torch.is_grad_enabled()


REASON = 'return b', 'b is the whole'


@pytest.mark.parametrize(
    ('explained', 'wrong'),
    [
        ([], 'a: return b: survived'),
        ([REASON], 0),
        ([REASON, ('return a', '')], 'a: return a: explained, but killed'),
    ],
)
def test_what_survives_is_said(tool, tmp_path, monkeypatch, explained, wrong):
    """A loss a + b whose tests do not see that a is dropped."""
    (tmp_path / 'a.py').write_text('def f(a, b):\n    return a + b\n')
    lines = [f'"{after}" = "{reason}"' for after, reason in explained]
    (tmp_path / 'equivalent.toml').write_text('\n'.join(['[a]', *lines]))
    for name, value in dict(
        ROOT=tmp_path,
        LOSSES='.',
        EXPLAINED=tmp_path / 'equivalent.toml',
        NAMES=['a'],
        prepare=lambda: None,
        passes=lambda _name, text, _tests: 'a + b' in text or text.endswith('return b'),
    ).items():
        monkeypatch.setattr(tool, name, value)
    monkeypatch.setattr('sys.argv', ['mutate_losses.py', '--output', str(tmp_path / 'out.json')])
    with pytest.raises(SystemExit) as end:
        tool.main()
    assert end.value.code == wrong
    found = json.loads((tmp_path / 'out.json').read_text())['losses']['a']
    assert (found['mutants'], found['killed']) == (3, 2)
    row = dict(line=2, change='right summand alone', after='return b')
    assert found['survivors'] == [row | dict(reason=dict(explained).get('return b', ''))]


def test_a_fork_tests_the_change(tool):
    """The real thing, and nothing of it stays in this process."""
    source = (REPO / 'mlfo_mm/models/losses/sinkhorn.py').read_text()
    tests = [f'{REPO}/tests/models/losses/test_sinkhorn.py::test_defaults_are_swav_s']
    changed = source.replace('dim=1, keepdim=True', 'dim=2, keepdim=True')
    assert changed != source and not tool.passes('sinkhorn', changed, tests)
    assert tool.passes('sinkhorn', source, tests)


def test_every_loss_has_tests_and_every_explanation_a_loss(tool):
    assert all((REPO / tool.own_and_all(name)[0][0]).is_file() for name in tool.NAMES)
    explained = tomllib.loads(tool.EXPLAINED.read_text())
    assert set(explained) <= set(tool.NAMES)
    assert all(reason for lines in explained.values() for reason in lines.values())
