"""tools/test.py tests a finetuned classifier again, and says what it cannot test."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import torch

from tests.conftest import REPO

SMOKE = 'mlfo/r3d18@smoke'


def tool(*arguments: object) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, 'tools/test.py', *map(str, arguments)],
        cwd=REPO,
        env=os.environ | {'PYTHONPATH': str(REPO)},
        capture_output=True,
        text=True,
        timeout=300,
    )


def test_gives_the_accuracy_of_the_record(finetuned, tmp_path):
    done = tool(finetuned.config, finetuned.checkpoint, '--work-dir', tmp_path / 'test')
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(next((tmp_path / 'test').rglob('2*/*.json')).read_text())
    assert abs(100 * found['acc/top1'] - finetuned.record.metrics['top1']) < 1e-6
    state = torch.load(finetuned.checkpoint, weights_only=True)['state_dict']
    state.pop('backbone.layer1.0.conv1.bn.weight')  # mmengine alone would keep what was drawn
    torch.save(dict(state_dict=state), tmp_path / 'less.pth')
    done = tool(finetuned.config, tmp_path / 'less.pth', '--work-dir', tmp_path / 'test')
    assert done.returncode == 2
    assert 'missing 1, first backbone.layer1.0.conv1.bn.weight' in done.stderr


def test_pretraining_has_no_test(digits, tmp_path):
    done = tool(SMOKE, tmp_path / 'any.pth')
    assert done.returncode == 2
    assert 'tools/evaluate.py' in done.stderr
    assert 'Traceback' not in done.stderr
