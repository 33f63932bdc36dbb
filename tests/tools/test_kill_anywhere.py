"""tools/stress/kill_anywhere.py on its cheapest kinds, and that it sees what is lost."""

from __future__ import annotations

import importlib.util
import json
import time
from types import SimpleNamespace

import pytest
import torch

from mlfo_mm.errors import UserError
from tests.conftest import REPO


@pytest.fixture
def tool():
    spec = importlib.util.spec_from_file_location('kill', REPO / 'tools/stress/kill_anywhere.py')
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def kill_when(tool, monkeypatch, condition) -> None:
    """Kill when a condition holds, whatever the time."""

    def sleep(_seconds):
        while not condition():
            time.sleep(0.005)

    clock = SimpleNamespace(monotonic=time.monotonic, sleep=sleep)
    monkeypatch.setattr(tool, 'time', clock)


@pytest.mark.parametrize(
    ('kind', 'pattern', 'some'),
    [('cache', 'frames/*/*.npy', 3), ('tables', 'results/tables/*/*', 2)],
)
def test_cheap_kinds(tool, kind, pattern, some, synthetic_root, tmp_path, capsys, monkeypatch):
    place = tmp_path / kind
    kill_when(tool, monkeypatch, lambda: len(list(place.glob(f'0/{pattern}'))) >= some)
    assert tool.check(kind, place, 1, 0, synthetic_root) == 0
    assert capsys.readouterr().out.strip().endswith('the same')


def test_what_is_lost_is_said(tool, tmp_path, capsys, monkeypatch):
    """A command that writes its table by halves, and takes what is there for whole."""
    halves = tmp_path / 'halves.py'
    halves.write_text(
        'import pathlib, sys, time\n'
        'table = pathlib.Path(sys.argv[1], "results/table.md")\n'
        'table.parent.mkdir(exist_ok=True)\n'
        'if not table.exists():\n'
        '    table.write_text("half")\n'
        '    if "whole" not in sys.argv[1]: time.sleep(1000)\n'
        '    table.write_text("half and half")\n'
    )
    monkeypatch.setitem(tool.COMMANDS, 'halves', f'{halves} {{0}}')
    kill_when(tool, monkeypatch, (tmp_path / 'halves/0/results/table.md').exists)
    assert tool.check('halves', tmp_path / 'halves', 1, 0, tmp_path) == 1
    said = capsys.readouterr().out
    assert 'killed at ' in said and "1 of 1 files; DIFFERS: ['results/table.md']" in said


def test_half_a_file_is_an_error(tool, tmp_path):
    torch.save({'a': torch.ones(1000)}, tmp_path / 'epoch_1.pth')
    assert list(tool.products(tmp_path)) == ['epoch_1.pth']
    whole = (tmp_path / 'epoch_1.pth').read_bytes()
    (tmp_path / 'epoch_1.pth').write_bytes(whole[:1000])
    with pytest.raises(UserError, match='truncated'):
        tool.products(tmp_path)
    (tmp_path / 'epoch_1.pth').unlink()
    (tmp_path / 'frames').mkdir()
    (tmp_path / 'frames/a.npy').write_bytes(b'12')
    (tmp_path / 'frames/a.json').write_text(json.dumps({'bytes': 3}))
    with pytest.raises(AssertionError):
        tool.products(tmp_path)
