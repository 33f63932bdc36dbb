"""Training among broken videos: it goes on, alike for any number of workers, and says what it met."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import pytest
import torch

from mlfo_mm.engine import launch
from mlfo_mm.engine.config import load_config
from mlfo_mm.evaluation.pretrain_record import record_pretraining
from mlfo_mm.study.records import load_records
from tests.conftest import REPO, free_port

pytestmark = pytest.mark.slow
SMOKE = 'simclr/r3d18@smoke'
WORLD = {
    'pretrain_dataset': 'world',
    'train_dataloader.batch_size': 8,
    'train_cfg.max_epochs': 1,
    'randomness.seed': 3,
}


def test_the_same_weights_for_any_number_of_workers(corpus, tmp_path):
    found = []
    options = {
        'train_dataloader.dataset.data_root': str(corpus.folder.parent),
        'train_dataloader.dataset.max_corrupt': 1.0,
    }
    for workers in (0, 2):
        more = {'train_dataloader.num_workers': workers}
        more |= {'train_dataloader.persistent_workers': workers > 0}
        config = load_config(SMOKE, WORLD | options | more)
        config.work_dir = str(tmp_path / f'{workers}')
        config.experiment_name = f'{tmp_path.name}_{workers}'
        runner = launch.train(config, 'none', None, auto_scale_lr=False)
        # what is left over of the last batch is dropped, so not every one is met in one epoch
        names = runner.train_dataloader.dataset.read_stats()['names']
        assert {name.removeprefix(f'{corpus.folder}/') for name in names} <= set(corpus.broken)
        assert len(names) >= len(corpus.broken) // 2
        log = next(path for path in (tmp_path / f'{workers}').rglob('*.log')).read_text()
        assert all(f'cannot decode {name} (' in log for name in names)
        state = torch.load(tmp_path / f'{workers}/epoch_1.pth', weights_only=True)['state_dict']
        found.append((names, state))
    (names, first), (again, second) = found
    assert names == again
    assert all(torch.equal(first[key], second[key]) for key in first)


def test_too_many_stop_the_tool_with_one_message(corpus, tmp_path):
    options = [f'{key}={value}' for key, value in WORLD.items()]
    done = subprocess.run(
        [
            *(sys.executable, 'tools/train.py', SMOKE, '--work-dir', str(tmp_path / 'run')),
            *('--results', str(tmp_path / 'results'), '--cfg-options', *options),
        ],
        cwd=REPO,
        env=os.environ | dict(MLFO_DATA_ROOT=str(corpus.folder.parent), OMP_NUM_THREADS='1'),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2, done.stderr[-2000:]
    said = [line for line in done.stderr.splitlines() if line.startswith('error:')]
    assert len(said) == 1 and 'Traceback' not in done.stderr
    assert (
        'more than max_corrupt=0.01 allows; run: python tools/data/check_videos.py world' in said[0]
    )
    (record,) = load_records(tmp_path / 'results')
    assert (record.status, record.task) == ('failed', 'pretrain')
    assert record.reason == said[0].removeprefix('error: ')


def test_two_processes_count_as_one_job(digits, tmp_path):
    """Each process meets some of the broken videos; the record has all of them, also when made later."""
    folder = shutil.copytree(digits, tmp_path / 'data') / 'digits_motion'
    names = [line.split()[0] for line in (folder / 'train.txt').read_text().splitlines()]
    for name in (names[0], names[7], names[12]):
        (folder / name).unlink()
        (folder / name).write_bytes(b'no video')
    command = ['bash', 'tools/dist_train.sh', SMOKE, '2', '--work-dir', str(tmp_path / 'run')]
    environment = dict(MLFO_DATA_ROOT=str(folder.parent), OMP_NUM_THREADS='1', PORT=free_port())
    environment |= dict(PYTHON=sys.executable, PYTHONPATH=str(REPO))
    done = subprocess.run(
        [*command, '--results', str(tmp_path / 'results')],
        cwd=REPO,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    (record,) = load_records(tmp_path / 'results')
    assert record.n_samples['train'] == dict(expected=16, read=13, skipped=3)
    after, _ = record_pretraining(tmp_path / 'run', tmp_path / 'later')
    assert after.n_samples == record.n_samples
