"""Configs of runs and tasks: read strictly, changed by files and options, with did-you-mean."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mlfo_mm.engine.config import (
    load_config,
    load_task,
    scaled_learning_rate,
    task_keys,
    with_changes,
)
from mlfo_mm.engine.strict import _parameters
from mlfo_mm.errors import UserError
from mlfo_mm.models import MotionDiscriminationLoss
from mlfo_mm.study.paths import CONFIGS
from mlfo_mm.study.profiles import PROFILES
from mlfo_mm.study.tasks import TASKS
from tests.conftest import REPO

SMOKE = 'mlfo/r3d18@smoke'


@pytest.mark.parametrize('profile', PROFILES)
@pytest.mark.parametrize('task', TASKS)
def test_protocols_are_whole(task, profile):
    config = load_task(task, profile)
    assert config.downstream.num_clips >= 1 and config.downstream.batch_size >= 1
    assert config.filename == f'configs/tasks/{task}@{profile}.py'
    assert ('train_cfg' in config) == ('optim_wrapper' in config)
    assert {'downstream'} <= task_keys(task, profile) <= set(config.keys())


@pytest.mark.parametrize(
    ('task', 'profile', 'options', 'message'),
    [
        ('linear_probe', 'demo', {'optim_wrapper.optimizer.lr': 9.0}, "key 'optim_wrapper'"),
        ('linear_probe', 'demo', {'train_cfg.max_epochs': 9}, "unknown key 'train_cfg'"),
        ('retrieval', 'paper', {'log_level': 'ERROR'}, "unknown key 'log_level'"),
        ('linear_probe', 'demo', {'downstream.probe': 'onlien'}, 'must be cached or online'),
        ('linear_probe', 'demo', {'downstream.probe': 'online'}, 'the key train_cfg is missing'),
        ('linear_probe', 'paper', {'downstream.probe': 'cached'}, 'train_on is missing'),
    ],
)
def test_options_that_a_task_would_not_read(task, profile, options, message):
    with pytest.raises(UserError, match=message):
        load_task(task, profile, options)


def test_options_of_a_task_that_trains():
    options = {'optim_wrapper.optimizer.lr': 9.0, 'log_level': 'ERROR'}
    config = load_task('linear_probe', 'paper', options)
    assert (config.optim_wrapper.optimizer.lr, config.log_level) == (9.0, 'ERROR')
    assert 'train_cfg' not in task_keys('linear_probe', 'demo')


@pytest.mark.parametrize(
    ('name', 'epochs', 'stage_two'), [('r3d18@k400', 100, 20), ('r3d18@ucf101', 300, 50)]
)
@pytest.mark.parametrize('variant', ['', '+official'])
def test_second_stage_of_the_published_schedule(variant, name, epochs, stage_two):
    config = load_config(f'mlfo/{name}{variant}')
    assert round(config.model.first_stage * epochs) == stage_two
    assert config.model.prototypes.queue_size == 1024


def test_simclr_is_mlfo_with_the_other_terms_off():
    mlfo, simclr = (load_config(f'{name}/r3d18@mini') for name in ('mlfo', 'simclr'))
    assert simclr.model.backbone == mlfo.model.backbone
    assert simclr.model.levels == dict(high=mlfo.model.levels.high)
    assert simclr.model.prototypes is None
    assert simclr.optim_wrapper == mlfo.optim_wrapper
    assert simclr.train_cfg == mlfo.train_cfg


@pytest.mark.parametrize(
    ('options', 'message'),
    [
        ({'train_cfg.max_epoch': 3}, "did you mean 'max_epochs'"),
        ({'model.levels.high.instance.temperatur': 1}, "did you mean 'temperature'"),
        ({'model.first_stag': 0.1}, "did you mean 'first_stage'"),
        ({'modle.first_stage': 0.1}, "did you mean 'model'"),
        ({'param_scheduler.99.gamma': 8}, "'99' is no index of a list of 1"),
        ({'param_scheduler.--1.gamma': 8}, "'--1' is no index of a list of 1"),
        ({f'param_scheduler.{"9" * 5000}.gamma': 8}, 'is no index of a list of 1'),
        ({'param_scheduler.0.milestone': [8]}, "did you mean 'milestones'"),
        ({'sampler.clip_le': 8}, "did you mean 'clip_len'"),
        ({'views.jitter.hu': 0.1}, "did you mean 'hue'"),
        ({'croop_size': 8}, "did you mean 'crop_size'"),
    ],
)
def test_unknown_options(options, message):
    for run in (SMOKE, 'configs/mlfo/r3d18_k400.py'):
        with pytest.raises(UserError, match=message):
            load_config(REPO / run if run.endswith('.py') else run, options)


def test_known_options_are_merged():
    options = {'train_cfg.max_epochs': 7, 'optim_wrapper.clip_grad': dict(max_norm=1.0)}
    config = load_config(SMOKE, options)
    assert config.train_cfg.max_epochs == 7
    assert config.optim_wrapper.clip_grad.max_norm == 1.0
    again = with_changes(config, {'train_cfg.max_epochs': 8, 'crop_size': 24})
    assert (again.train_cfg.max_epochs, again.optim_wrapper.clip_grad.max_norm) == (8, 1.0)
    assert 'crop_size = 24' in again.pretty_text and config.crop_size == 32


@pytest.mark.parametrize('key', ['method', 'backbone_name', 'profile'])
def test_whose_result_it_is_is_no_option(key):
    with pytest.raises(UserError, match=f"--cfg-options {key}: is said by the run's name"):
        load_config(SMOKE, {key: 'mini'})
    with pytest.raises(UserError, match="is said by the run's name"):
        with_changes(load_config(SMOKE), {key: 'mini'})


def test_a_schedule_may_ask_for_steps_of_iterations():
    key = 'param_scheduler.0.convert_to_iter_based'  # read by mmengine before it builds one
    assert load_config(SMOKE, {key: True}).param_scheduler[0].convert_to_iter_based is True


@pytest.mark.parametrize(
    ('line', 'message'),
    [
        ('modell = dict()', r"unknown key 'modell' \(did you mean 'model'\?\)"),
        (
            'model.update(first_stagee=0.1)',
            "MLFO has no argument .first_stagee..*did you mean 'first_stage'",
        ),
        (
            'model["levels"]["high"]["instance"].update(tau=1)',
            'NTXentLoss has no argument .tau.; known keys',
        ),
        ('1 +', 'cannot read config'),
    ],
)
def test_unknown_keys_in_a_file(tmp_path, line, message):
    path = tmp_path / 'mine.py'
    load_config(SMOKE).dump(path)
    path.write_text(f'{path.read_text()}\n{line}\n')
    with pytest.raises(UserError, match=message):
        load_config(path)


def test_a_component_that_does_not_tell_its_arguments_may_have_any():
    class Compiled:
        __init__ = dict.update  # of C, without a signature

    assert _parameters(Compiled) is None


def test_missing_config_suggests_one(monkeypatch):
    monkeypatch.chdir(REPO)
    with pytest.raises(UserError, match=r"did you mean 'configs/mlfo/r3d18_k400\.py'"):
        load_config('configs/mlfo/r3d18_k40.py')


def write(path: Path, text: str) -> str:
    path.write_text(text)
    return f'{SMOKE}+{path}'


def test_changes_merge_in_their_order_and_options_last(tmp_path):
    first = write(
        tmp_path / 'first.py',
        "variant = 'a'\nmodel = dict(levels=dict(low=None, mid=dict(graph=dict(kind='one_hot'))))\n",
    )
    second = tmp_path / 'second.py'
    write(
        second,
        'from mlfo_mm.models import MotionDiscriminationLoss\n\n_tau = dict(temperature=0.1)\n'
        "variant = 'b'\ntrain_cfg = dict(max_epochs=5)\nmodel = dict(prototypes=None, levels=dict("
        'high=dict(instance=dict(_delete_=True, type=MotionDiscriminationLoss, **_tau))))\n'
        'variant_at = dict(smoke=dict(crop_size=24), mini=dict(crop_size=16))\n',
    )
    plain = load_config(SMOKE)
    config = load_config(f'{first}+{second}', {'model.levels.mid.graph.threshold': 0.2})
    assert (config.variant, config.train_cfg.max_epochs, config.crop_size) == ('b', 5, 24)
    assert config.model.prototypes is None
    assert config.model.levels.low is None
    graph = plain.model.levels.mid.graph
    assert config.model.levels.mid.graph == dict(graph, kind='one_hot', threshold=0.2)
    assert config.model.levels.high.instance == dict(type=MotionDiscriminationLoss, temperature=0.1)
    assert config.model.backbone == plain.model.backbone
    assert set(config.keys()) == set(plain.keys())
    config.dump(tmp_path / Path(config.filename).name)  # as a run does in its work directory
    dumped = load_config(tmp_path / 'r3d18@smoke+first+second.py')
    assert dumped.pretty_text.replace(dumped.run, config.run) == config.pretty_text


@pytest.mark.parametrize(
    ('text', 'message'),
    [
        ("varaint = 'x'", r"change\.py: varaint: unknown key 'varaint' \(did you mean 'variant'"),
        ('train_cfg = dict(max_epoch=3)', "train_cfg.max_epoch: .*did you mean 'max_epochs'"),
        ('model = dict(levels=dict(mid=dict(grpah=None)))', "did you mean 'graph'"),
        ('model = dict(first_stag=0)', "did you mean 'first_stage'"),
        ('model = dict(levels=dict(mid=dict(graph=dict(tau=1))))', "has no argument 'tau'"),
        ('model = dict(first_stage=dict(share=1))', 'first_stage is a dict, where the config has'),
        ('variant_at = dict(smal=dict(clip_len=4))', r"change\.py: .*'smal' .did you mean 'small'"),
        ('variant_at = 3', 'variant_at=3, must be a dict of small, paper, smoke'),
        ('variant_at = dict(small=3)', r'variant_at\.small=3, must be a dict'),
        ('variant_at = {0: dict()}', 'unknown place 0: one of small, paper'),
        ("param_scheduler = {'--1': dict(gamma=1)}", "'--1' is no index of a list"),
        ("model = dict(type='MLFO')", 'is a whole config: only files of changes are joined'),
        ('1 +', 'cannot read config .*change.py'),
    ],
)
def test_faults_in_a_file_of_changes(tmp_path, text, message):
    with pytest.raises(UserError, match=message):
        load_config(write(tmp_path / 'change.py', text))


def test_places_in_lists(tmp_path):
    change = write(tmp_path / 'change.py', 'param_scheduler = {0: dict(gamma=0.5)}')
    assert load_config(change).param_scheduler[0].gamma == 0.5
    assert load_config(SMOKE, {'param_scheduler.-1.gamma': 0.5}).param_scheduler[0].gamma == 0.5


def test_a_tuple_stays_one():
    config = load_task('linear_probe', 'demo', {'downstream.strengths.0': 1e-5})
    assert config.downstream.strengths == (1e-5, 1e-3, 1e-2, 1e-1, 1.0)


def test_a_change_alone():
    change = CONFIGS / 'mlfo/variants/one_hot.py'
    command = f'tools/train.py mlfo/r3d18@demo+{change}'
    with pytest.raises(UserError, match=f'{change} holds only changes.*{re.escape(command)}'):
        load_config(change)


def test_batch_line():
    config = load_config('mlfo/r3d18@k400')
    assert scaled_learning_rate(config, 8, False).endswith('(the paper: batch 256, the same)')
    line = scaled_learning_rate(config, 4, False)
    assert 'effective batch 32 x 4 = 128' in line
    assert '--auto-scale-lr would use 0.0005' in line
    assert config.optim_wrapper.optimizer.lr == 1e-3
    scaled_learning_rate(config, 4, True)
    assert config.optim_wrapper.optimizer.lr == pytest.approx(5e-4)
    config.pop('auto_scale_lr')
    line = scaled_learning_rate(config, 4, True)
    assert line == 'effective batch 32 x 4 = 128, learning rate 0.0005'
