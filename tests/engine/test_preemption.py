"""A training that is asked to stop goes on at the very step where it stopped."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from mmengine.hooks import Hook
from mmengine.registry import HOOKS

from mlfo_mm.engine import launch
from mlfo_mm.engine.config import load_config
from mlfo_mm.engine.hooks import Preempted, preemption
from mlfo_mm.engine.hooks.checkpoint import find_resume
from mlfo_mm.engine.hooks.preemption import PreemptionHook
from mlfo_mm.engine.loop import ResumableTrainLoop
from mlfo_mm.errors import UserError
from tests.conftest import REPO

pytestmark = pytest.mark.slow
SIMCLR, MOCO = 'simclr/r3d18@smoke', 'moco/r3d18@smoke'
STEPS = 4  # of an epoch: 16 videos in batches of 4


@HOOKS.register_module()
class SigtermHook(Hook):
    """Send this process SIGTERM in the middle of a step."""

    def __init__(self, step: int) -> None:
        self.step = step

    def before_train_iter(self, runner, batch_idx, data_batch=None) -> None:
        if runner.iter == self.step:
            os.kill(os.getpid(), signal.SIGTERM)


@pytest.fixture(autouse=True)
def handler():
    before = signal.getsignal(signal.SIGTERM)
    yield
    signal.signal(signal.SIGTERM, before)


def run(work_dir: Path, name: str, step: int | None = None, resume: str | None = None, **options):
    config = load_config(name, {'train_dataloader.num_workers': 0} | options)
    config.work_dir = str(work_dir)
    config.custom_hooks += [dict(type='SigtermHook', step=step)] if step is not None else []
    config.experiment_name = f'{work_dir.name}_{time.time_ns()}'
    return launch.train(config, 'none', resume, auto_scale_lr=False)


def weights(path: Path) -> dict[str, torch.Tensor]:
    return torch.load(path, weights_only=True)['state_dict']


def differing(left: Path, right: Path) -> list[str]:
    one, other = weights(left), weights(right)
    assert one.keys() == other.keys()
    return [key for key in one if not torch.equal(one[key], other[key])]


@pytest.mark.parametrize(
    ('name', 'steps', 'saved', 'options'),
    [
        (SIMCLR, (1, 2), ('epoch_0_step_2', 'epoch_0_step_3'), {}),
        (
            MOCO,
            (STEPS, 2 * STEPS - 2),
            ('epoch_1_step_1', 'epoch_1_step_3'),
            {'train_dataloader.num_workers': 2, 'train_dataloader.persistent_workers': True},
        ),
        (SIMCLR, (STEPS - 1,), ('epoch_1',), {}),  # in the last step of an epoch
    ],
)
def test_a_stopped_run_ends_as_an_undisturbed_one(name, steps, saved, options, digits, tmp_path):
    run(tmp_path / 'whole', name, **options)
    parts = tmp_path / 'parts'
    for number, (step, left) in enumerate(zip(steps, saved, strict=True)):
        said = f'stopped by SIGTERM .* saved as .*{left}\\.pth: --resume goes on'
        with pytest.raises(Preempted, match=said) as end:
            run(parts, name, step, 'auto' if number else None, **options)
        assert end.value.status == 143
        assert find_resume(parts) == parts / f'{left}.pth'
        meta = torch.load(parts / f'{left}.pth', weights_only=True)['meta']
        assert (meta['epoch'], meta['iter']) == divmod_steps(left)
    runner = run(parts, name, resume='auto', **options)
    assert runner.iter == 2 * STEPS
    assert not differing(tmp_path / 'whole/epoch_2.pth', parts / 'epoch_2.pth')
    assert not list(parts.glob('*_step_*'))


def divmod_steps(name: str) -> tuple[int, int]:
    _, epochs, *rest = name.split('_')
    return int(epochs), int(epochs) * STEPS + int(rest[1] if rest else 0)


def test_a_signal_while_processes_agree_is_not_lost(monkeypatch):
    hook = PreemptionHook()
    hook._group = 'all'
    monkeypatch.setattr(preemption.dist, 'all_reduce', lambda *_: hook._ask())
    assert [hook._agreed(), hook._agreed()] == [False, True]


def test_broken_videos_of_all_processes_are_in_what_a_stop_saves(monkeypatch, tmp_path):
    did = []
    dataset = SimpleNamespace(share_counts=lambda reduce: did.append('shared'))
    loader = type('Loader', (list,), dict(dataset=dataset))(range(4))
    runner = SimpleNamespace(
        train_dataloader=loader,
        optim_wrapper=SimpleNamespace(should_update=lambda: True),
        epoch=0,
        max_epochs=2,
        work_dir=tmp_path,
        save_checkpoint=lambda *_, **__: did.append('saved'),
    )
    hook = PreemptionHook()
    hook._ask()
    with pytest.raises(Preempted):
        hook.after_train_iter(runner, 1)
    assert did == ['shared', 'saved']


def test_a_stop_in_the_last_step_of_all_is_none(digits, tmp_path):
    run(tmp_path, SIMCLR, 2 * STEPS - 1)
    assert (tmp_path / 'epoch_2.pth').is_file()


def test_a_checkpoint_of_longer_epochs_is_refused(digits, tmp_path):
    with pytest.raises(Preempted):
        run(tmp_path, SIMCLR, 2)
    with pytest.raises(UserError, match='batches of 4 in all processes, not 8'):
        run(tmp_path, SIMCLR, resume='auto', **{'train_dataloader.batch_size': 8})


def test_an_epoch_without_a_step_is_refused():
    loop = object.__new__(ResumableTrainLoop)
    loop.dataloader = type('Loader', (list,), dict(dataset=range(2), batch_size=4))()
    with pytest.raises(UserError, match='2 videos do not fill a batch of 4 in each process: lower'):
        loop._first_step()


def test_the_tool_says_so_with_its_status(digits, tmp_path):
    """Two real processes, and a signal to the launcher alone: both save, one line, no traceback."""
    work_dir = tmp_path / 'run'
    options = ('train_cfg.max_epochs=50',)
    process = subprocess.Popen(
        ['tools/dist_train.sh', SIMCLR, '2', '--work-dir', str(work_dir), '--results',
         str(tmp_path / 'results'), '--cfg-options', *options],
        cwd=REPO,
        env=os.environ | dict(PYTHON=sys.executable, OMP_NUM_THREADS='1'),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )  # fmt: skip
    while not (work_dir / 'epoch_2.pth').is_file() and process.poll() is None:
        time.sleep(0.02)
    process.send_signal(signal.SIGTERM)
    rest, _ = process.communicate(timeout=240)
    assert process.returncode == 143, rest
    assert 'error: stopped by SIGTERM after' in rest and 'Traceback' not in rest
    checkpoint = torch.load(find_resume(work_dir), weights_only=True)
    assert checkpoint['meta']['epoch'] >= 2
    assert len(checkpoint.get('random_states', 'ab')) == 2
    assert not list((tmp_path / 'results').rglob('*.json'))  # it has not failed


def test_a_training_with_workers_ends(digits, tmp_path):
    """SIGTERM waits in its workers, so it has to end them by another word."""
    options = ('train_dataloader.num_workers=1', 'train_dataloader.persistent_workers=True')
    done = subprocess.run(
        [sys.executable, 'tools/train.py', SIMCLR, '--work-dir', str(tmp_path),
         '--cfg-options', *options, 'train_cfg.max_epochs=1'],
        cwd=REPO,
        env=os.environ | dict(OMP_NUM_THREADS='1'),
        capture_output=True,
        text=True,
        timeout=240,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert (tmp_path / 'epoch_1.pth').is_file()
