"""What a training says before it begins, and what it leaves to the log file."""

from __future__ import annotations

import dataclasses
import io
import logging
import os
from types import SimpleNamespace

import pytest

from mlfo_mm.engine.announce import BesideBar, fitting_batch, plan_lines
from mlfo_mm.engine.config import load_config, scaled_learning_rate
from mlfo_mm.engine.launch import next_command, training_list
from mlfo_mm.study.records import write_record
from tests.reporting.crafted import pretrain_record


@pytest.mark.parametrize(
    ('batch', 'videos', 'fits'), [(32, 32, 32), (32, 31, 8), (32, 17, 8), (4, 3, 1), (4, 1, 1)]
)
def test_a_batch_that_fits(batch: int, videos: int, fits: int):
    assert fitting_batch(batch, videos) == fits


class Loader(list):
    """Steps, of 16 videos."""

    dataset = range(16)


def said_of(config, **runner) -> dict[str, str]:
    """The lines of a config on one process, by what they are about."""
    steps = 16 // config.train_dataloader.batch_size
    runner = dict(
        train_dataloader=Loader(range(steps)), max_epochs=2, max_iters=2 * steps, iter=0, log_dir='w/now',
        timestamp='now',
    ) | runner  # fmt: skip
    line = scaled_learning_rate(config, 1, enable=False)
    lines = plan_lines(SimpleNamespace(**runner), config, training_list(config), 1, line)
    assert len(lines) == 10
    return dict(line.split(maxsplit=1) for line in lines)


def test_what_a_training_will_do(digits, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    config = load_config('mlfo/r3d18@smoke', {'work_dir': 'w', 'train_dataloader.batch_size': 5})
    said = said_of(config, iter=2)
    assert said['run'] == 'mlfo (default) on R3D-18, profile smoke, seed 0'
    assert said['data'] == f'16 videos of {digits}/digits_motion/train.txt'
    assert said['clips'] == '8 frames x stride 4, 32 px of short side 36'
    assert said['batch'] == 'effective batch 5 x 1 = 5, learning rate 0.001'
    assert said['epochs'] == '2 of 3 steps, 1 of 16 videos left out of each (drop_last)'
    assert said['steps'] == (
        '6 (few: a smaller train_dataloader.batch_size makes more), 2 of them done'
    )
    assert said['time'] == 'not known before the first steps'
    config.pop('crop_size')  # a config of one's own need not have it
    assert said_of(config)['clips'] == 'as the pipeline of the config makes them'
    assert said['log'] == 'w/now/now.log; curves: tensorboard --logdir w'


def test_the_time_is_that_of_a_record_of_this_machine(digits, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr('torch.cuda.is_available', lambda: False)
    config = load_config('mlfo/r3d18@demo', dict(work_dir='w'))
    config.train_dataloader.batch_size = 16
    record = pretrain_record()  # 31 videos a second
    for cores, said in ((-1, 'not known'), (os.cpu_count(), 'about 9 min, as fast')):
        named = dict(experiment='mlfo-default-r3d18-mini-pretrain-mini-split1-seed0-00000000')
        write_record(dataclasses.replace(record, hardware=dict(gpus=[], cores=cores), **named))
        assert said_of(config, max_iters=1000)['time'].startswith(said)


def test_the_next_command(digits, tmp_path, monkeypatch):
    config = load_config('mlfo/r3d18@smoke', {'work_dir': 'w'})
    command = 'python tools/evaluate.py w --task linear_probe retrieval'
    assert next_command(config) == command.split()
    config.work_dir = '-x/y'  # which a tool would take for an option
    assert next_command(config)[2] == './-x/y'
    monkeypatch.setenv('MLFO_DATA_ROOT', str(tmp_path))
    (tmp_path / 'flat').mkdir()
    (tmp_path / 'flat/classes.txt').write_text('unlabelled\n')
    (tmp_path / 'flat/train.txt').write_text('a.mp4 0\n')
    config.pretrain_dataset = 'flat'
    assert next_command(config)[-2:] == ['--dataset', 'NAME']


def test_the_console_has_warnings_beside_the_bar():
    stream = io.StringIO()
    console = BesideBar(stream)
    for text in ('"FileClient" will be deprecated in future.', 'collapsed'):
        console.handle(logging.LogRecord('mmengine', 30, '', 0, text, None, None))
    assert stream.getvalue() == 'collapsed\n'
