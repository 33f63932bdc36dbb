"""A process that dies takes the job with it, by its own error; nothing of it is left behind."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch.distributed as dist

from mlfo_mm.engine import peers
from mlfo_mm.engine.hooks.checkpoint import readable
from tests.conftest import REPO, free_port

pytestmark = pytest.mark.slow
HOOK = """
import os, signal
from mmengine.hooks import Hook

class DyingHook(Hook):
    def __init__(self, how):
        self.how = how

    def before_train_iter(self, runner, batch_idx, data_batch=None):
        # the step before: the first process has written its checkpoint of epoch 1
        if os.environ['RANK'] == '1' and runner.epoch == 1 and batch_idx == 1:
            if self.how == 'raise':
                raise LookupError('the second process has had enough')
            os.kill(os.getpid(), signal.SIGKILL)
"""
CHANGE = """
from dying import DyingHook

custom_hooks = [dict(type='EpochSignalHook'), dict(type=DyingHook, how='{}')]
train_dataloader = dict(num_workers=1)
"""
SAID = {
    'raise': ('exitcode  : 1 ', 'LookupError: the second process has had enough'),
    'kill': ('exitcode  : -9 ', 'Signal 9 (SIGKILL) received'),
}


@pytest.mark.parametrize('how', ['raise', pytest.param('kill', marks=pytest.mark.product)])
def test_a_rank_that_dies_ends_the_job(how, digits, tmp_path):
    """Real processes, 20 core-seconds: how torch's launcher and gloo behave is what is tested."""
    (tmp_path / 'dying.py').write_text(HOOK)
    (tmp_path / 'change.py').write_text(CHANGE.format(how))
    config = f'simclr/r3d18@smoke+{tmp_path}/change.py'
    environment = os.environ | dict(
        PYTHON=sys.executable,
        PYTHONPATH=str(tmp_path),
        PORT=free_port(),
        OMP_NUM_THREADS='1',
    )
    done = subprocess.run(
        ['tools/dist_train.sh', config, '2', '--work-dir', str(tmp_path / 'run')],
        cwd=REPO,
        env=environment,
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert done.returncode not in (0, None)
    cause = done.stderr.rpartition('Root Cause')[2]
    assert re.search(r'rank +: 1 ', cause), done.stderr[-3000:]
    for words in SAID[how]:
        assert words in cause
    assert readable(tmp_path / 'run/epoch_1.pth')
    assert not (tmp_path / 'run/epoch_2.pth').exists()
    assert not left_behind(str(tmp_path))


def left_behind(mark: str, seconds: float = 30) -> list[str]:
    """Processes with a word in their environment; a DataLoader's worker sees its parent's end late."""
    give_up = time.monotonic() + seconds
    while found := [
        path.parent.name for path in Path('/proc').glob('[0-9]*/environ') if has(path, mark)
    ]:
        if time.monotonic() > give_up:
            break
        time.sleep(0.2)
    return found


def has(path: Path, mark: str) -> bool:
    try:
        return mark.encode() in path.read_bytes()
    except OSError:  # gone, or of another user
        return False


def test_left_behind_sees_a_process(tmp_path):
    process = subprocess.Popen(['sleep', '60'], env=os.environ | {'MARK': str(tmp_path)})
    try:
        found = []
        while not found:  # a process that has just started has no environment yet
            found = left_behind(str(tmp_path), 0)
        assert found == [str(process.pid)]
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert left_behind(str(tmp_path), 0) == []


@pytest.mark.parametrize(
    ('error', 'wait'),
    [
        (KeyError('own'), 0),
        (RuntimeError('[../gloo/transport/tcp/pair.cc:547] Connection closed by peer'), 1),
        (dist.DistBackendError('NCCL communicator was aborted'), 1),
    ],
)
def test_only_an_echo_waits(error, wait, tmp_path, monkeypatch):
    slept = []
    monkeypatch.setattr(peers.time, 'sleep', slept.append)
    monkeypatch.setenv('TORCHELASTIC_ERROR_FILE', str(tmp_path / 'error.json'))
    with pytest.raises(type(error)), peers.own_error_first():
        raise error
    assert slept == [peers.PATIENCE_S] * wait
    said = json.loads((tmp_path / 'error.json').read_text())['message']['message']
    assert said == f'{type(error).__name__}: {error}'


def test_no_launcher_no_file(tmp_path, monkeypatch, capfd):
    monkeypatch.delenv('TORCHELASTIC_ERROR_FILE', raising=False)
    with pytest.raises(KeyError), peers.own_error_first():
        raise KeyError('own')
    assert capfd.readouterr() == ('', '')
