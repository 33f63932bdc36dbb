"""A run that collapses says so, in its log and its record, and is stopped."""

from __future__ import annotations

import pytest
import torch
from mmengine.hooks import Hook
from mmengine.registry import HOOKS

from mlfo_mm.engine.config import load_config
from mlfo_mm.errors import UserError
from mlfo_mm.evaluation.pretrain_record import train_and_record
from mlfo_mm.study.records import load_records


@HOOKS.register_module()
class FlattenHook(Hook):
    """Take the differences between samples out of the embeddings, from the second epoch on."""

    def before_train_iter(self, runner, batch_idx, data_batch=None):
        if runner.epoch > 0:
            for level in runner.model.levels.values():
                for projection in level.projections.values():
                    projection.layers[-1].weight.data.mul_(1e-6)


@pytest.fixture
def train(digits, tmp_path):
    """``train(epochs)``: SimCLR flattened in its second epoch; its records."""

    def run(epochs):
        options = {
            'train_cfg.max_epochs': epochs,
            'train_dataloader.batch_size': 8,
            'default_hooks.logger.interval': 1,
        }
        config = load_config('simclr/r3d18@smoke', options)
        config.work_dir = str(tmp_path / 'run')
        config.custom_hooks += [dict(type='FlattenHook')]
        train_and_record(config, 'none', None, False, tmp_path / 'results')

    return run


def test_said_in_log_and_record(train, tmp_path):
    train(2)
    (log,) = (tmp_path / 'run').glob('*/*.log')
    line = 'embeddings collapsed: stat_std_contrast_high under 0.01 in 2 of '
    said = [text for text in log.read_text().splitlines() if 'collapsed' in text]
    assert len(said) == 1 and f'{line}1 epochs' in said[0] and 'WARNING' in said[0]
    (record,) = load_records(tmp_path / 'results')
    assert record.status == 'done'
    assert record.notes == [f'{line}2 epochs']
    assert record.curves['stat_std_contrast_high'][0] > 0.05


def test_stopped_in_the_end_with_the_checkpoints_before(train, tmp_path):
    with pytest.raises(UserError, match='all embeddings have collapsed for 3 epochs, to epoch 4'):
        train(5)
    (record,) = load_records(tmp_path / 'results')
    assert record.status == 'failed'
    assert 'stat_std_contrast_high' in record.reason and 'epoch_3.pth' in record.reason
    assert not (tmp_path / 'run/epoch_4.pth').exists()
    last = torch.load(tmp_path / 'run/epoch_3.pth', weights_only=True)
    assert all(value.isfinite().all() for value in last['state_dict'].values())
