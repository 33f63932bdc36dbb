"""Training runs of the smoke profile: resume, determinism, guards, real processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from mmaction.registry import MODELS
from mmengine.hooks import Hook
from mmengine.registry import HOOKS

from mlfo_mm.engine import launch
from mlfo_mm.engine.config import load_config
from mlfo_mm.errors import UserError
from tests.conftest import REPO, free_port
from tests.methods import each_state

pytestmark = pytest.mark.slow
MLFO, SIMCLR = 'mlfo/r3d18@smoke', 'simclr/r3d18@smoke'
BACKBONES = (
    *(f'{method}/{name}@smoke' for method in ('mlfo', 'simclr') for name in ('s3d', 'slowfast')),
    'vcop/r2plus1d@smoke',
    'speednet/s3dg@smoke',
)


class Interrupted(Exception):
    """Raised by a test in the middle of a run."""


@HOOKS.register_module()
class StopHook(Hook):
    """End the process's work after the first epoch, its checkpoint written."""

    priority = 'LOWEST'

    def after_train_epoch(self, runner) -> None:
        raise Interrupted


@HOOKS.register_module()
class PoisonHook(Hook):
    """Make a weight infinite in the second epoch."""

    def before_train_iter(self, runner, batch_idx, data_batch=None) -> None:
        if runner.epoch == 1:
            runner.model.backbone.conv1.conv.weight.data.fill_(float('inf'))


def run(
    work_dir: Path,
    name: str = MLFO,
    resume: str | None = None,
    hook: str | None = None,
    **options,
):
    options = {'randomness.seed': 3, 'train_dataloader.num_workers': 0} | {
        key.replace('__', '.'): value for key, value in options.items()
    }
    config = load_config(name, options)
    config.work_dir = str(work_dir)
    config.custom_hooks += [dict(type=hook)] if hook else []
    config.experiment_name = f'{work_dir.name}_{time.time_ns()}'
    return launch.train(config, 'none', resume, auto_scale_lr=False)


def weights(work_dir: Path, epoch: int) -> dict[str, torch.Tensor]:
    return torch.load(work_dir / f'epoch_{epoch}.pth', weights_only=True)['state_dict']


def assert_same(left: dict, right: dict) -> None:
    assert left.keys() == right.keys()
    differ = [key for key in left if not torch.equal(left[key], right[key])]
    assert not differ


@each_state
def test_resumed_run_ends_as_an_undisturbed_one(case, digits, tmp_path):
    run(tmp_path / 'whole', case.run)
    with pytest.raises(Interrupted):
        run(tmp_path / 'parts', case.run, hook='StopHook')
    assert not (tmp_path / 'parts/epoch_2.pth').exists()
    run(tmp_path / 'parts', case.run, resume='auto')
    assert_same(weights(tmp_path / 'whole', 2), weights(tmp_path / 'parts', 2))


@pytest.mark.parametrize('name', BACKBONES)
def test_every_backbone_trains(name, digits, tmp_path):
    options = {'train_dataloader__batch_size': 8}  # two steps
    model = load_config(name).model
    if 'first_stage' in model:
        options['model__first_stage'] = 0.0  # all terms
    runner = run(tmp_path, name, train_cfg__max_epochs=1, **options)
    assert runner.iter == 2
    seen = weights(tmp_path, 1)
    assert all(value.isfinite().all() for value in seen.values())
    fresh = MODELS.build(model.backbone)
    assert {key for key in seen if key.startswith('backbone.')} == {
        f'backbone.{key}' for key in fresh.state_dict()
    }
    logged = set(runner.message_hub.log_scalars)
    assert ('train/loss_graph_low' in logged) == name.startswith('mlfo')


def test_workers_do_not_change_the_result(digits, tmp_path):
    run(tmp_path / 'none')
    run(
        tmp_path / 'two', train_dataloader__num_workers=2, train_dataloader__persistent_workers=True
    )
    assert_same(weights(tmp_path / 'none', 2), weights(tmp_path / 'two', 2))


def test_seed_changes_the_result(digits, tmp_path):
    run(tmp_path / 'a', train_cfg__max_epochs=1)
    run(tmp_path / 'b', train_cfg__max_epochs=1, randomness__seed=4)
    left, right = weights(tmp_path / 'a', 1), weights(tmp_path / 'b', 1)
    assert not torch.equal(left['backbone.conv1.conv.weight'], right['backbone.conv1.conv.weight'])


def test_truncated_checkpoint_falls_back_to_the_one_before(digits, tmp_path, capfd):
    run(tmp_path)
    last = tmp_path / 'epoch_2.pth'
    whole = weights(tmp_path, 2)
    last.write_bytes(last.read_bytes()[:5000])
    run(tmp_path, resume='auto')
    assert 'epoch_2.pth cannot be read whole: falling back' in capfd.readouterr().out
    assert_same(weights(tmp_path, 2), whole)


def test_nan_stops_and_keeps_the_last_good_checkpoint(digits, tmp_path):
    with pytest.raises(
        UserError, match=r'not finite at step \d+ \(epoch 2\).*loss_instance_high nan'
    ) as error:
        run(tmp_path, hook='PoisonHook')
    assert 'epoch_1.pth' in str(error.value)
    assert not (tmp_path / 'epoch_2.pth').exists()
    assert all(value.isfinite().all() for value in weights(tmp_path, 1).values())


def test_amp_option_trains_and_is_in_the_dumped_config(digits, tmp_path):
    done = tool(sys.executable, 'tools/train.py', SIMCLR, '--work-dir', tmp_path, '--amp')
    assert done.returncode == 0, done.stderr[-2000:]
    assert 'AutocastOptimWrapper' in (tmp_path / 'r3d18@smoke.py').read_text()
    assert (tmp_path / 'epoch_2.pth').exists()


def test_resume_needs_something_to_resume(digits, tmp_path):
    with pytest.raises(UserError, match='leave --resume out'):
        run(tmp_path, resume='auto')
    with pytest.raises(UserError, match=r'other\.pth does not exist'):
        run(tmp_path, resume=str(tmp_path / 'other.pth'))


def test_checkpoint_of_another_method_is_refused(digits, tmp_path):
    run(tmp_path, SIMCLR, train_cfg__max_epochs=1)
    with pytest.raises(UserError, match=r'written by another config.*tensors differ.*levels'):
        run(tmp_path, MLFO, resume='auto')


def test_weights_alone_are_no_resume_file(digits, tmp_path):
    path = tmp_path / 'weights.pth'
    torch.save({'state_dict': {}}, path)
    with pytest.raises(UserError, match='holds no training state; use load_from'):
        run(tmp_path / 'run', resume=str(path))


@pytest.mark.parametrize(
    ('options', 'message'),
    [
        ({'train_dataloader__batch_size': 1}, 'at least 2 samples'),
        ({'model__prototypes__num_prototypes': 1}, 'num_prototypes is 1'),
        ({'train_dataloader__batch_size': 17}, 'batch of 17 .* 16 videos'),
    ],
)
def test_numbers_too_small(options, message, digits, tmp_path):
    with pytest.raises(UserError, match=message):
        run(tmp_path, **options)


def test_work_dir_that_cannot_be_written(tmp_path, digits):
    (tmp_path / 'file').write_text('')
    with pytest.raises(UserError, match=r'cannot write to the work directory .* --work-dir'):
        run(tmp_path / 'file' / 'run')


def tool(*arguments: object, **environment: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [str(argument) for argument in arguments],
        cwd=REPO,
        capture_output=True,
        text=True,
        env=os.environ | {'PYTHON': sys.executable, 'PYTHONPATH': str(REPO)} | environment,
        timeout=300,
    )


def test_dist_train_says_what_is_missing(tmp_path):
    done = tool('tools/dist_train.sh', 'mlfo/r3d18@k400', 8, MLFO_DATA_ROOT=str(tmp_path))
    assert done.returncode == 2
    assert 'Traceback' not in done.stderr
    if torch.cuda.device_count() < 8:
        assert '8 GPUs asked for' in done.stderr
    assert 'kinetics400' in done.stderr


def test_two_processes_train(digits, tmp_path):
    done = tool(
        'tools/dist_train.sh', MLFO, 2, '--work-dir', tmp_path,
        PORT=free_port(), OMP_NUM_THREADS='1',
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.count('effective batch 4 x 2 = 8') == 1  # the first process alone
    assert f'next: python tools/evaluate.py {tmp_path} --task' in done.stdout.splitlines()[-1]
    assert 'Epoch(train)' not in done.stdout + done.stderr  # the log has it
    (log,) = tmp_path.glob('*/*.log')
    assert 'Epoch(train)' in log.read_text() and 'effective batch 4 x 2 = 8' in log.read_text()
    assert (tmp_path / 'epoch_2.pth').exists()


def test_killed_run_resumes(digits, tmp_path):
    command = [
        sys.executable,
        'tools/train.py',
        MLFO,
        '--work-dir',
        str(tmp_path / 'killed'),
    ]
    environment = os.environ | {'PYTHONPATH': str(REPO)}
    process = subprocess.Popen(
        command, cwd=REPO, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    first = tmp_path / 'killed/epoch_1.pth'
    deadline = time.monotonic() + 120
    while not first.exists() and time.monotonic() < deadline and process.poll() is None:
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()
    assert first.exists()
    run(tmp_path / 'killed', resume='auto', randomness__seed=0)
    run(tmp_path / 'whole', randomness__seed=0)
    assert_same(weights(tmp_path / 'whole', 2), weights(tmp_path / 'killed', 2))
