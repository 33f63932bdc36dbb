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
class SolveHook(Hook):
    """Log losses of a motion term that is solved in the second epoch and forgotten in the fourth."""

    priority = 'VERY_HIGH'

    def after_train_iter(self, runner, batch_idx, data_batch=None, outputs=None):
        outputs['loss_motion_low'] = torch.tensor((0.3, 0.0, 0.001, 0.2)[runner.epoch])


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
    """``train(epochs)``: SimCLR flattened in its second epoch, or another run and hook."""

    def run(epochs, name='simclr', hook='FlattenHook'):
        options = {
            'train_cfg.max_epochs': epochs,
            'train_dataloader.batch_size': 8,
            'default_hooks.logger.interval': 1,
        }
        config = load_config(f'{name}/r3d18@smoke', options)
        config.work_dir = str(tmp_path / 'run')
        config.custom_hooks += [dict(type=hook)]
        train_and_record(config, 'none', None, False, tmp_path / 'results')

    return run


def test_said_in_log_and_record(train, tmp_path):
    train(2)
    (log,) = (tmp_path / 'run').glob('*/*.log')
    line = 'embeddings collapsed: stat_std_contrast_high under 0.01 in epoch 2'
    lines = log.read_text().splitlines()
    said = [text for text in lines if 'collapsed' in text]
    assert len(said) == 1 and line in said[0] and 'WARNING' in said[0]
    term = 'instance_high: not learned, loss 2.708 at ln 15 since epoch '
    assert sum(term in text for text in lines) == 1
    assert sum('instance_high: loss ' in text and 'by chance 2.708' in text for text in lines) == 1
    (record,) = load_records(tmp_path / 'results')
    assert record.status == 'done'
    first, second = record.notes
    assert first == line
    # of the log's running means
    assert second.startswith('instance_high: not learned, loss ') and 'ln 15' in second
    assert record.train_log['references']['loss_instance_high'] == dict(
        chance=2.70805, candidates=15
    )
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


def test_a_solved_term_is_said_once_beside_what_solves_it(train, tmp_path):
    train(4, 'mlfo', 'SolveHook')
    (log,) = (tmp_path / 'run').glob('*/*.log')
    lines = [text.split(' - ')[-1] for text in log.read_text().splitlines()]
    said = [text for text in lines if text.startswith('motion_low: ')]
    assert said == [
        'motion_low: loss 0.300, by chance 0.330 (0.3 ln 3), by the ends of a clip alone 0.000',
        'motion_low: solved (the ends of a clip suffice), loss 0.000 since epoch 2',
    ]
