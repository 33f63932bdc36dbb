"""The check of a GPU, tried on the CPU: every part runs, and one that fails does not end the others."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time

import pytest

from tests.conftest import REPO

sys.path.append(str(REPO / 'tools/dev'))
gpu_check = pytest.importorskip('gpu_check')
from gpu.report import Report, Wrong, read, within  # noqa: E402


def arguments(**values) -> argparse.Namespace:
    return argparse.Namespace(**(dict(device='cpu', quick=False) | values))


def test_a_check_that_fails_is_a_line_and_the_next_one_runs(tmp_path, capsys):
    report = Report('part', tmp_path / 'part.jsonl', time.monotonic() + 60)
    with report.check('one') as values:
        values['distance'] = within(1.0, 1.01, 0.1, 'loss')
    with report.check('two') as values:
        values['seen'] = 3
        within(2.0, 1.0, 0.1, 'loss')
    with report.check('three'):
        pass
    lines = capsys.readouterr().out.splitlines()
    assert lines[1] == 'part: two: failed: seen 3, why Wrong: loss: 2 for 1, a distance of 1'
    found = read(tmp_path / 'part.jsonl')
    assert [each['status'] for each in found] == ['ok', 'failed', 'ok']
    assert found[0]['distance'] == pytest.approx(0.0099, rel=0.01) and found[1]['seen'] == 3
    with pytest.raises(Wrong):
        within(float('nan'), 1.0, 0.1, 'loss')


def test_a_part_that_takes_too_long_is_ended_and_keeps_what_it_found(tmp_path, monkeypatch):
    (tmp_path / 'agree.jsonl').write_text('{"part": "agree", "check": "one", "status": "ok"}\n')
    monkeypatch.setattr(gpu_check.sys, 'executable', 'sleep')
    monkeypatch.setattr(gpu_check, '__file__', '30')
    real = subprocess.Popen
    monkeypatch.setattr(
        gpu_check.subprocess, 'Popen', lambda command, **options: real(command[:2], **options)
    )
    one, whole = gpu_check.outcome('agree', tmp_path, arguments(), 0.2)
    assert one['status'] == 'ok' and whole['why'] == 'not done in 0 s'
    assert gpu_check.outcome('plan', tmp_path, arguments(), -1.0)[0]['status'] == 'no time'
    monkeypatch.setattr(gpu_check.sys, 'executable', 'false')
    assert gpu_check.outcome('data', tmp_path, arguments(), 9)[0]['why'] == 'exit status 1'


@pytest.mark.product
def test_dry_run(tmp_path):
    path = tmp_path / 'found.json'
    parts = ('agree', 'speed', 'data', 'several')  # the plan has tests of its own
    command = [sys.executable, str(REPO / 'tools/dev/gpu_check.py')]
    done = subprocess.run(
        [*command, '--device', 'cpu', '--quick', '--json', str(path), '--parts', *parts],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        env=os.environ | dict(PYTHONPATH=str(REPO), OMP_NUM_THREADS='1'),
    )
    assert done.returncode == 0, done.stdout + done.stderr[-2000:]
    stored = json.loads(path.read_text())
    assert {each['part'] for each in stored['findings']} == set(parts)
    assert all(each['status'] == 'ok' for each in stored['findings'])
    assert stored['device'] == 'cpu' and stored['versions']['torch']
    checks = {each['check']: each for each in stored['findings']}
    assert checks['moco/r3d18 fp32']['distance'] == 0  # the CPU against itself


def test_without_a_gpu_it_says_what_to_do(tmp_path):
    import torch

    if torch.cuda.is_available():
        pytest.skip('there is a GPU')
    with pytest.raises(SystemExit) as error, pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, 'argv', ['gpu_check.py', '--json', str(tmp_path / 'found.json')])
        gpu_check.main()
    assert error.value.code == 2 and not (tmp_path / 'found.json').exists()
