"""tools/dev/stress/kill_anywhere.py on its cheapest kinds, and that it sees what is lost."""

from __future__ import annotations

import json
import time
from contextlib import nullcontext
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from mlfo_mm.errors import UserError
from tests.conftest import REPO


@pytest.fixture
def tool(monkeypatch):
    monkeypatch.syspath_prepend(REPO / 'tools/dev/stress')
    import kill_anywhere

    return kill_anywhere


def kill_when(tool, monkeypatch, condition) -> None:
    """Kill when a condition holds, whatever the time."""

    def sleep(_seconds):
        while not condition():
            time.sleep(0.005)

    monkeypatch.setattr(tool, 'time', SimpleNamespace(sleep=sleep))


@pytest.mark.parametrize(
    ('name', 'number', 'pattern', 'some'),
    [('cache', 4, 'frames/*/*.npy', 3), ('tables', 9, 'results/tables/*/*', 2)],
)
def test_cheap_kinds(tool, name, number, pattern, some, digits_root, tmp_path, monkeypatch):
    kind, data = tool.KINDS[name], digits_root
    tool.finish(kind, tool.place(name, tmp_path / 'whole'), data, fork=False)
    place = tool.place(name, tmp_path / 'killed')
    kill_when(tool, monkeypatch, lambda: len(list(place.glob(pattern))) >= some)
    assert tool.kill(kind, place, data, number, 0)['killed']
    found = tool.compare(kind, place, data, tool.products(tmp_path / 'whole'))
    assert found['differ'] == []


@pytest.fixture
def halves(tool, tmp_path):
    """A command that writes its table by halves, and takes what is there for whole."""
    script = tmp_path / 'halves.py'
    script.write_text(
        'import pathlib, sys, time\n'
        'table = pathlib.Path(sys.argv[1], "results/table.md")\n'
        'table.parent.mkdir(exist_ok=True)\n'
        'if not table.exists():\n'
        '    table.write_text("half")\n'
        '    if "killed" in sys.argv[1]: time.sleep(1000)\n'
        '    table.write_text("half and half")\n'
        'print("Epoch(train)  [1][2/4]  loss: 1")\n'
    )
    return tool.Kind(f'{script} {{0}}')


@pytest.mark.parametrize(('number', 'children'), [(0, 'too'), (1, 'left')])
def test_what_is_lost_is_said(tool, halves, number, children, tmp_path, monkeypatch):
    tool.finish(halves, tool.place('halves', tmp_path / 'whole'), tmp_path, fork=False)
    place = tool.place('halves', tmp_path / 'killed')
    kill_when(tool, monkeypatch, (place / 'results/table.md').exists)
    found = tool.kill(halves, place, tmp_path, number, 0)
    assert found['killed'] and found['children'] == children
    found = tool.compare(halves, place, tmp_path, tool.products(tmp_path / 'whole'))
    assert found['differ'] == ['before: results/table.md', 'results/table.md']
    assert (found['files'], found['reached']) == ('1 of 1', '')


def test_a_command_that_fails_after_the_kill(tool, halves, tmp_path):
    place = tool.place('halves', tmp_path / 'killed')
    (place / 'log').touch()
    found = tool.compare(tool.Kind('/nowhere.py {0}'), place, tmp_path, {})
    assert found['differ'][0].startswith('RuntimeError') and 'nowhere.py' in found['differ'][0]


def test_a_fork_that_dies_at_once(tool, tmp_path):
    (tmp_path / 'wait.py').write_text('import time; time.sleep(1000)')
    process = tool.start(tool.Kind(f'{tmp_path}/wait.py'), tmp_path, tmp_path, fork=True)
    process.kill()
    assert process.wait() == -9
    assert tool.reached(tmp_path) == ''


def test_points_of_before_are_kept(tool, halves, tmp_path, monkeypatch):
    """Until an undisturbed run ends otherwise."""
    monkeypatch.setitem(tool.KINDS, 'halves', halves)
    old = dict(whole={'results/table.md': 'other'}, points=['kept'] * 20)
    first = next(tool.check('halves', tmp_path, tmp_path, 20, 0, old))
    assert first['points'] == []
    again = list(
        tool.check('halves', tmp_path, tmp_path, 20, 0, first | dict(points=['kept'] * 20))
    )
    assert [found['points'] for found in again] == [['kept'] * 20]


def test_a_fork_runs_the_command(tool, tmp_path, digits_root):
    """Its own process group, output and exit status."""
    (tmp_path / 'say.py').write_text(
        'import os, sys; os.write(1, b"%d" % (os.getpgid(0) == os.getpid())); sys.exit(3)'
    )
    process = tool.start(tool.Kind(f'{tmp_path}/say.py'), tmp_path, digits_root, fork=True)
    assert process.wait() == 3
    assert (tmp_path / 'log').read_text() == tool.reached(tmp_path) == '1'


def test_a_pretraining_is_resumed(tool, tmp_path, digits_root):
    (tmp_path / 'say.py').write_text('import sys; print(*sys.argv[1:])')
    kind = tool.Kind(f'{tmp_path}/say.py config.py --work-dir {{0}}/run')
    for said in ('', '--resume '):
        assert tool.start(kind, tmp_path, digits_root, fork=False).wait() == 0
        assert tool.reached(tmp_path) == f'config.py {said}--work-dir {tmp_path}/run'[:100]
        (tmp_path / 'run').mkdir(exist_ok=True)
        (tmp_path / 'run/epoch_1.pth').touch()


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


def test_features_are_known_by_what_they_say(tool, tmp_path):
    folders = [tmp_path / name / 'features' for name in 'ab']
    for number, folder in enumerate(folders):
        folder.mkdir(parents=True)
        np.savez(folder / f'{number}.npz', x=np.arange(3))
    first, second = (tool.products(folder.parent) for folder in folders)
    assert first == second and len(first) == 1
    np.savez(folders[0] / '0.npz', x=np.arange(4))
    assert tool.products(tmp_path / 'a') != second


def test_steps_are_read_from_the_log(tool, tmp_path):
    (tmp_path / 'log').write_text('Epoch(train)  [1][2/4]\nEpoch(train)  [2][1/4]  lr: 1\nSaving\n')
    assert tool.reached(tmp_path) == 'Epoch(train)  [2][1/4]'


@pytest.mark.parametrize(('words', 'kinds'), [((), 2), (('all',), 2), (('b',), 1)])
def test_all_kinds_by_default(tool, words, kinds, tmp_path, monkeypatch):
    asked = []

    def check(name, *_):
        asked.append(name)
        yield dict(points=[dict(differ=['it'] if name == 'a' else [])])

    monkeypatch.setattr(tool, 'KINDS', dict.fromkeys('ab'))
    monkeypatch.setattr(tool, 'check', check)
    monkeypatch.setattr(tool, 'make_digits', lambda *_, **__: None)
    output = tmp_path / 'results/kill.json'
    places = ['--folder', str(tmp_path / 'work'), '--output', str(output)]
    monkeypatch.setattr('sys.argv', ['kill_anywhere.py', *words, *places])
    with pytest.raises(SystemExit, match='1 ended otherwise') if kinds == 2 else nullcontext():
        tool.main()
    assert asked == ['a', 'b'][-kinds:]
    assert list(json.loads(output.read_text())['kinds']) == asked
