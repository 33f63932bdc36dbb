"""Records of pretraining runs, by the tools, of a smoke run."""

from __future__ import annotations

import importlib.util
import os
import sys

import pytest
import torch
from mmengine.hooks import Hook
from mmengine.registry import HOOKS

from mlfo_mm.engine.composed import composed_text
from mlfo_mm.engine.config import load_config, scaled_learning_rate
from mlfo_mm.errors import UserError
from mlfo_mm.evaluation import pretrain_record
from mlfo_mm.evaluation.pretrain_record import Failed, record_pretraining, train_and_record
from mlfo_mm.study.records import load_records
from tests.conftest import REPO

SMOKE = 'mlfo/r3d18@smoke'
OPTIONS = ('--cfg-options', 'train_dataloader.batch_size=8')


@HOOKS.register_module()
class BreakHook(Hook):
    """Make a weight infinite in the second epoch."""

    def before_train_iter(self, runner, batch_idx, data_batch=None):
        if runner.epoch == 1:
            runner.model.backbone.conv1.conv.weight.data.fill_(float('inf'))


@pytest.fixture
def tool(monkeypatch, tmp_path):
    """``tool(name, *arguments)``: exit status of a tool that writes records below ``tmp_path``."""

    def run(name, *arguments):
        spec = importlib.util.spec_from_file_location(f'{name}_tool', REPO / f'tools/{name}.py')
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        arguments = [name, *arguments, '--results', str(tmp_path / 'results')]
        monkeypatch.setattr(sys, 'argv', arguments)
        try:
            module.main()
        except SystemExit as stop:
            return stop.code
        return 0

    return run


def test_finished_run(tool, digits, tmp_path, capsys):
    work_dir = tmp_path / 'run'
    assert tool('train', SMOKE, '--work-dir', str(work_dir), '--seed', '4', *OPTIONS) == 0
    (record,) = load_records(tmp_path / 'results', 'smoke')
    assert (record.task, record.method, record.variant, record.seed) == (
        'pretrain', 'mlfo', 'default', 4,
    )  # fmt: skip
    assert record.dataset == record.pretrain_dataset == 'digits_motion'
    assert record.checkpoint['name'] == 'epoch_2.pth'
    assert record.n_samples['train'] == {'expected': 16, 'read': 16, 'skipped': 0}
    references, states = (record.train_log.pop(key) for key in ('references', 'states'))
    assert [state['line'] for state in states] == record.notes[-len(states) :]
    assert record.train_log == {'epochs': 2, 'iterations': 4, 'stops': 1}
    assert references['loss_motion_mid'] == dict(
        chance=0.549306, candidates=3, shortcut='the ends of a clip', reaches=0.0
    )
    assert references['loss_retrieval_low']['chance'] == 0.623832  # 0.3 ln 8
    assert record.curves['epoch'] == [1, 2]
    # the smoke config's graph terms begin with the second epoch
    assert record.curves['loss_graph_low'][0] is None
    assert record.curves['loss_graph_low'][1] > 0
    assert record.metrics['loss'] == record.curves['loss'][1]
    assert 'lr' not in record.metrics
    assert 'batch 8, learning rate 0.001' in record.protocol['line']
    cost = record.cost
    assert set(cost) == {'params_m', 'gflops', 'clips_per_s', 'peak_memory_mb', 'wall_time_s'}
    assert 100 < cost['peak_memory_mb'] < 100_000
    assert record.wall_time_s == cost['wall_time_s']
    # the same from the work directory alone, but for what only the process knew
    capsys.readouterr()
    assert tool('record_pretraining', str(work_dir)) == 0
    (again,) = load_records(tmp_path / 'results')
    assert again.experiment == record.experiment
    assert (again.curves, again.metrics, again.seed) == (record.curves, record.metrics, 4)
    assert 'peak_memory_mb' not in again.cost
    assert record.protocol['line'] in capsys.readouterr().out


def test_run_that_broke_off(tool, digits, tmp_path, capsys):
    options = (*OPTIONS, 'custom_hooks.2.type=BreakHook')
    arguments = ('train', SMOKE, '--work-dir', str(tmp_path / 'run'), *options)
    assert tool(*arguments) == 2
    (record,) = load_records(tmp_path / 'results')
    assert (record.status, record.metrics, record.checkpoint) == ('failed', {}, None)
    assert record.reason.startswith('loss is not finite at step 3')
    assert record.curves['epoch'] == [1]
    assert 'loss is not finite' in capsys.readouterr().err
    assert 'batch 8, learning rate 0.001' in record.protocol['line']


def test_faulty_command_leaves_no_record(tool, digits, tmp_path):
    options = ('--cfg-options', 'train_dataloader.batch_size=99')
    assert tool('train', SMOKE, '--work-dir', str(tmp_path / 'run'), *options) == 2
    assert load_records(tmp_path / 'results') == []


def checkpoint(work_dir, epoch=2, **meta):
    torch.save({'state_dict': {}, 'meta': meta}, work_dir / f'epoch_{epoch}.pth')


def test_unfinished_or_other_run(digits, tmp_path):
    text = composed_text(load_config(SMOKE))
    with pytest.raises(UserError, match=r'no whole checkpoint epoch_\*\.pth in it: nothing was'):
        record_pretraining(tmp_path, tmp_path / 'results')
    with pytest.raises(UserError, match=r'nowhere does not exist'):
        record_pretraining(tmp_path / 'nowhere', tmp_path / 'results')
    checkpoint(tmp_path, 1, composed=text)
    (tmp_path / 'epoch_best.pth').write_bytes(b'')
    (tmp_path / 'epoch_2.pth').write_bytes(b'')  # of a disk that was full
    (tmp_path / 'epoch_3.pth').mkdir()
    os.mkfifo(tmp_path / 'epoch_4.pth')
    (tmp_path / 'epoch_5.pth').symlink_to('nowhere')
    with pytest.raises(UserError, match=r'at epoch 1 of 2; go on with tools/train\.py --resume'):
        record_pretraining(tmp_path, tmp_path / 'results')
    checkpoint(tmp_path)
    with pytest.raises(UserError, match=r'epoch_2\.pth carries no config of this project'):
        record_pretraining(tmp_path, tmp_path / 'results')
    checkpoint(tmp_path, composed=text)
    with pytest.raises(UserError, match=r'no vis_data/scalars\.json'):
        record_pretraining(tmp_path, tmp_path / 'results')


@pytest.mark.parametrize('scale', [False, True])
def test_a_failed_record_has_the_name_of_the_finished_one(scale, digits, tmp_path, monkeypatch):
    config, results = load_config(SMOKE), tmp_path / 'results'
    config.work_dir = str(tmp_path)
    rate = config.optim_wrapper.optimizer.lr
    carried = load_config(SMOKE)
    scaled_learning_rate(carried, 1, scale)
    assert (carried.optim_wrapper.optimizer.lr != rate) == scale

    def broken(config, *_):
        folder = tmp_path / '20260102_030405/vis_data'
        folder.mkdir(parents=True)
        (folder / 'scalars.json').write_text('{"loss": 1.0, "epoch": 1, "step": 2}\n')
        raise UserError('killed')

    monkeypatch.setattr(pretrain_record, 'train', broken)
    with pytest.raises(UserError, match='killed'):
        train_and_record(config, 'none', None, scale, results)
    (failed,) = load_records(results)
    checkpoint(tmp_path, composed=composed_text(carried), seed=0)
    done, _ = record_pretraining(tmp_path, results)
    assert (failed.status, done.status) == ('failed', 'done')
    assert failed.experiment == done.experiment


def test_logs_that_are_not_there_are_told(digits, tmp_path):
    """A run that went on in another work directory; a folder of logs that was lost."""
    scalars = tmp_path / '20260102_030405/vis_data/scalars.json'
    scalars.parent.mkdir(parents=True)
    scalars.write_text('{"loss": 1.0, "epoch": 2, "step": 4}\n')
    told = dict(composed=composed_text(load_config(SMOKE)), seed=0, epoch=2, samples=7, broken=[3])
    torch.save({'state_dict': {}, 'meta': told}, tmp_path / 'epoch_2.pth')
    record, _ = record_pretraining(tmp_path, tmp_path / 'results')
    assert record.n_samples['train'] == dict(expected=7, read=6, skipped=1)
    assert 'curves and time lack epoch 1: no logs of them here' in record.notes
    scalars.write_text('{"loss": 1.0, "epoch": 1, "step": 2}\n{"loss": 0.5, "epo')
    with pytest.raises(
        UserError, match=r'end with epoch 1, epoch_2\.pth is of epoch 2: bring them'
    ):
        record_pretraining(tmp_path, tmp_path / 'results')


def test_failure_does_not_replace_a_finished_record(digits, tmp_path):
    config, results = load_config(SMOKE), tmp_path / 'results'
    folder = tmp_path / '20260102_030405/vis_data'
    folder.mkdir(parents=True)
    (folder / 'scalars.json').write_text('{"loss": 1.0, "epoch": 2, "step": 4}\n')
    killed = Failed('killed', config, 4)
    failed, path = record_pretraining(tmp_path, results, failed=killed)
    assert load_records(results) == [failed]
    checkpoint(tmp_path, composed=composed_text(config), effective_batch=8, seed=0)
    assert failed.n_samples['train'] == dict(expected=0, read=0, skipped=0)  # nobody counted
    done, same = record_pretraining(tmp_path, results)
    assert (done.status, same) == ('done', path)
    assert ', batch 8, ' in done.protocol['line']
    record_pretraining(tmp_path, results, failed=killed)
    assert load_records(results) == [done]
