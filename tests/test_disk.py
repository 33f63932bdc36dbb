"""Full, read-only and lost disks in mid-run: one message, nothing lost, and a resumed run ends the same."""

from __future__ import annotations

import contextlib
import errno
import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch
from mmengine.hooks import Hook
from mmengine.registry import HOOKS

from mlfo_mm.datasets.frame_cache import build
from mlfo_mm.datasets.transforms.decode import decode_all
from mlfo_mm.engine.config import load_config
from mlfo_mm.engine.launch import train
from mlfo_mm.errors import UserError
from mlfo_mm.evaluation.evaluate import evaluate
from mlfo_mm.evaluation.request import Request
from tests.conftest import REPO

SMOKE = 'simclr/r3d18@smoke'
AT_EPOCH: dict[int, Callable[[], None]] = {}


@HOOKS.register_module()
class DisasterHook(Hook):
    """Do what ``AT_EPOCH`` says at the second step of an epoch."""

    def before_train_iter(self, runner, batch_idx, data_batch=None):
        if batch_idx == 1 and runner.epoch in AT_EPOCH:
            AT_EPOCH.pop(runner.epoch)()


def run(work_dir: Path, resume: str | None = None, at: int = -1, then: Callable = print) -> None:
    config = load_config(SMOKE)
    config.work_dir = str(work_dir)
    config.experiment_name = f'{work_dir.parent.name}_{len(list(work_dir.glob("2*")))}_{id(config)}'
    config.custom_hooks += [dict(type='DisasterHook')]
    AT_EPOCH.clear()
    AT_EPOCH[at] = then
    train(config, 'none', resume, auto_scale_lr=False)


@pytest.fixture(scope='module')
def whole(digits_root, tmp_path_factory) -> Path:
    """The work directory of an undisturbed run."""
    folder = tmp_path_factory.mktemp('whole') / 'run'
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv('MLFO_DATA_ROOT', str(digits_root))
        run(folder)
    return folder


@pytest.fixture
def half(whole, digits, tmp_path) -> Path:
    """The work directory of a run that was stopped in its second epoch."""
    folder = tmp_path / 'half'
    folder.mkdir()
    shutil.copy(whole / 'epoch_1.pth', folder)
    (folder / 'last_checkpoint').write_text(str(folder / 'epoch_1.pth'))
    return folder


def end_is_the_same(folder: Path, whole: Path) -> None:
    """The first checkpoint is as it was; resumed, the run ends as the undisturbed one."""
    assert (folder / 'epoch_1.pth').read_bytes() == (whole / 'epoch_1.pth').read_bytes()
    assert not (folder / 'epoch_2.pth').exists()
    assert not [path.name for path in folder.iterdir() if path.name.startswith('.')]
    run(folder, 'auto')
    want, got = (
        torch.load(path / 'epoch_2.pth', weights_only=True)['state_dict']
        for path in (whole, folder)
    )
    assert want.keys() == got.keys()
    assert all(torch.equal(value, got[key]) for key, value in want.items())


def test_full_disk(half, whole):
    def small_files_only() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))

    done = subprocess.run(
        [sys.executable, 'tools/train.py', SMOKE, '--work-dir', str(half), '--resume'],
        cwd=REPO,
        env=os.environ | {'PYTHONPATH': str(REPO)},
        preexec_fn=small_files_only,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    (line,) = done.stderr.splitlines()
    assert line.startswith(f'error: cannot write {half}/epoch_2.pth: File too large; free space')
    assert line.endswith('then continue with --resume')
    end_is_the_same(half, whole)


def test_lost_data(half, whole, tmp_path, monkeypatch):
    root, away = tmp_path / 'data', tmp_path / 'away'
    shutil.copytree(os.environ['MLFO_DATA_ROOT'], root)
    monkeypatch.setenv('MLFO_DATA_ROOT', str(root))
    with pytest.raises(UserError, match=rf'{root}/digits_motion is gone: bring it back'):
        run(half, 'auto', 1, lambda: root.rename(away))
    with pytest.raises(UserError, match='no data set'):
        run(half, 'auto')
    away.rename(root)
    end_is_the_same(half, whole)


def test_work_dir_that_is_no_longer_one(half, whole, tmp_path):
    def replace() -> None:
        half.rename(tmp_path / 'away')
        half.write_text('in the way')

    with pytest.raises(UserError, match=r'Not a directory.*--work-dir.*--resume'):
        run(half, 'auto', 1, replace)
    half.unlink()
    (tmp_path / 'away').rename(half)
    end_is_the_same(half, whole)


def test_work_dir_that_became_read_only(half, whole):
    if os.geteuid() == 0:
        pytest.skip('root writes into read-only folders')
    with pytest.raises(UserError, match=r'Permission denied.*--work-dir.*--resume'):
        run(half, 'auto', 1, lambda: half.chmod(0o500))
    half.chmod(0o700)
    end_is_the_same(half, whole)


@contextlib.contextmanager
def small_disk(folder: Path, size: int) -> Iterator[Path]:
    """A file system of its own, or a skip where this process may not mount one."""
    folder.mkdir()
    command = ['mount', '-t', 'tmpfs', '-o', f'size={size}', 'tmpfs', str(folder)]
    if os.geteuid() or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip('no permission to mount a small disk')
    try:
        yield folder
    finally:
        while folder.is_mount():
            subprocess.run(['umount', '-l', str(folder)], check=True)


def test_really_full_and_really_read_only_disk(half, whole, tmp_path):
    size = (half / 'epoch_1.pth').stat().st_size
    with small_disk(tmp_path / 'disk', 2 * size + 400_000) as disk:
        folder = disk / 'run'
        shutil.copytree(half, folder)
        ballast = disk / 'ballast'

        def fill() -> None:
            ballast.write_bytes(b'0' * (size - 100_000))

        with pytest.raises(UserError, match=r'epoch_2.pth: No space left on device; free space'):
            run(folder, 'auto', 1, fill)
        ballast.unlink()
        with pytest.raises(UserError, match=r'Read-only file system; .*--work-dir'):
            run(folder, 'auto', 1, lambda: make_read_only(disk))
        with pytest.raises(
            UserError, match='Read-only file system; choose another with --work-dir'
        ):
            run(folder, 'auto')
        subprocess.run(['umount', '-l', str(disk)], check=True)
        end_is_the_same(folder, whole)


def make_read_only(disk: Path) -> None:
    """By a mount on top: the disk itself stays busy while a log is open for writing."""
    subprocess.run(['mount', '--bind', str(disk), str(disk)], check=True)
    subprocess.run(['mount', '-o', 'remount,bind,ro', str(disk)], check=True)


@pytest.fixture
def full(monkeypatch) -> Iterator[pytest.MonkeyPatch]:
    """No byte reaches the disk, until this is undone."""

    def refuse(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(os, 'fsync', refuse)
        yield patch


def test_full_disk_in_an_evaluation(digits, tmp_path, full):
    request = Request(
        checkpoint='none',
        task='retrieval',
        dataset='digits_motion',
        run=SMOKE,
        work_dir=tmp_path / 'work',
    )
    with pytest.raises(UserError, match=r'^cannot write .*: No space left on device$'):
        evaluate(request, tmp_path / 'results')
    assert not [path for path in tmp_path.rglob('*') if path.is_file()]
    full.undo()
    record, path = evaluate(request, tmp_path / 'results')
    assert (record.status, path.is_file()) == ('done', True)


def test_full_disk_in_a_frame_cache(digits, tmp_path, full):
    videos = sorted(digits.glob('digits_motion/videos/*.mp4'))[:2]
    assert len(videos) == 2
    with pytest.raises(UserError, match=r'^cannot write .*\.npy: No space left on device$'):
        build(tmp_path / 'frames', videos, decode_all, 1, progress=False)
    assert not [path for path in tmp_path.rglob('*') if path.is_file()]
    full.undo()
    assert build(tmp_path / 'frames', videos, decode_all, 1, progress=False).new == 2
