"""Configs are read strictly; every shipped one parses and has the keys that the tools read."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from mlfo_mm.engine.config import _parameters, load_config, scaled_learning_rate
from mlfo_mm.errors import UserError
from mlfo_mm.models import MotionDiscriminationLoss
from tests.conftest import REPO

CONFIGS = REPO / 'configs'
SMOKE = CONFIGS / 'mlfo/r3d18_smoke.py'
SHARED = ('_base_', 'downstream')
PRETRAINING = sorted(
    path
    for path in CONFIGS.rglob('*.py')
    if path.relative_to(CONFIGS).parts[0] not in SHARED and path.parent.name != 'ablations'
)
CHANGES = sorted(CONFIGS.glob('*/ablations/*.py'))


@pytest.mark.parametrize('path', PRETRAINING, ids=lambda path: str(path.relative_to(CONFIGS)))
def test_pretraining_configs_are_complete(path):
    config = load_config(path)
    for key in (
        'method', 'variant', 'backbone_name', 'profile', 'pretrain_dataset', 'clip_len',
        'crop_size', 'short_side', 'frame_interval', 'normalize',
    ):  # fmt: skip
        assert config.get(key), key
    assert config.profile in ('smoke', 'demo', 'mini', 'paper')
    assert config.train_dataloader.dataset.dataset == config.pretrain_dataset
    sampler = config.train_dataloader.dataset.pipeline[1]
    # clips are as long as in evaluation; blocks of a clip are shorter
    assert sampler.get('clip_len', config.clip_len) == config.clip_len > sampler.get('block_len', 0)
    assert config.train_dataloader.dataset.pipeline == config.train_pipeline


@pytest.mark.parametrize(
    ('name', 'epochs', 'milestone', 'stage_two'),
    [('r3d18_k400', 100, 70, 20), ('r3d18_ucf101', 300, 200, 50)],
)
@pytest.mark.parametrize('folder', ['mlfo', 'mlfo/official'])
def test_published_schedule(folder, name, epochs, milestone, stage_two):
    config = load_config(CONFIGS / folder / f'{name}.py')
    assert config.train_cfg.max_epochs == epochs
    assert config.param_scheduler[0].milestones == [milestone]
    assert round(config.model.first_stage * epochs) == stage_two
    assert config.optim_wrapper.optimizer.lr == 1e-3
    assert config.optim_wrapper.optimizer.weight_decay == 1e-5
    assert config.train_dataloader.batch_size * 8 == config.auto_scale_lr.base_batch_size == 256
    assert config.model.prototypes.num_prototypes == 1000
    assert config.model.prototypes.queue_size == 1024


def test_simclr_is_mlfo_with_the_other_terms_off():
    mlfo, simclr = (
        load_config(CONFIGS / 'mlfo/r3d18_mini.py'),
        load_config(CONFIGS / 'simclr/r3d18_mini.py'),
    )
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
        ({'train_pipeline.99.clip_len': 8}, "'99' is no index of a list of "),
        ({'train_pipeline.1.clip_le': 8}, "did you mean 'clip_len'"),
    ],
)
def test_unknown_options(options, message):
    with pytest.raises(UserError, match=message):
        load_config(SMOKE, options)


def test_known_options_are_merged():
    options = {'train_cfg.max_epochs': 7, 'optim_wrapper.clip_grad': dict(max_norm=1.0)}
    config = load_config(SMOKE, options)
    assert config.train_cfg.max_epochs == 7
    assert config.optim_wrapper.clip_grad.max_norm == 1.0


@pytest.mark.parametrize(
    ('line', 'message'),
    [
        ('modell = dict()', r"unknown key 'modell' \(did you mean 'model'\?\)"),
        (
            'model.update(first_stagee=0.1)',
            "MLFO has no argument .first_stagee..*did you mean 'first_stage'",
        ),
        (
            'model.levels.high.instance.update(tau=1)',
            'NTXentLoss has no argument .tau.; known keys',
        ),
        ('1 +', 'cannot read config'),
    ],
)
def test_unknown_keys_in_a_file(tmp_path, line, message):
    folder = tmp_path / 'configs/mlfo'
    folder.mkdir(parents=True)
    (tmp_path / 'configs/_base_').symlink_to(CONFIGS / '_base_')
    for name in ('r3d18_demo', 'r3d18_smoke'):
        (folder / f'{name}.py').write_text((CONFIGS / f'mlfo/{name}.py').read_text())
    path = folder / 'mine.py'
    path.write_text(
        'from mmengine.config import read_base\n\nwith read_base():\n'
        f'    from .r3d18_smoke import *\n\n{line}\n'
    )
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


@pytest.mark.parametrize('change', CHANGES, ids=lambda path: path.stem)
def test_files_of_changes_are_short_and_merge_with_every_config_of_their_method(change):
    assert len(change.read_text().splitlines()) <= 10
    bases = sorted(change.parent.parent.glob('*_*.py'))
    assert len(bases) >= 5
    for base in bases:
        plain, changed = load_config(base), load_config(f'{base}+{change}')
        assert changed.variant == change.stem
        assert Path(changed.filename).name == f'{base.stem}+{change.stem}.py'
        plain, changed = plain.to_dict(), changed.to_dict()
        differ = {key for key in plain | changed if plain.get(key) != changed.get(key)}
        assert differ == {'variant', 'model'}


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
        'high=dict(instance=dict(_delete_=True, type=MotionDiscriminationLoss, **_tau))))\n',
    )
    plain = load_config(SMOKE)
    config = load_config(f'{first}+{second}', {'model.levels.mid.graph.threshold': 0.2})
    assert (config.variant, config.train_cfg.max_epochs) == ('b', 5)
    assert config.model.prototypes is None
    assert config.model.levels.low is None
    graph = plain.model.levels.mid.graph
    assert config.model.levels.mid.graph == dict(graph, kind='one_hot', threshold=0.2)
    assert config.model.levels.high.instance == dict(type=MotionDiscriminationLoss, temperature=0.1)
    assert config.model.backbone == plain.model.backbone
    assert set(config.keys()) - set(plain.keys()) <= config._imported_names
    config.dump(tmp_path / Path(config.filename).name)  # as a run does in its work directory
    dumped = load_config(tmp_path / 'r3d18_smoke+first+second.py')
    assert dumped.pretty_text == config.pretty_text


@pytest.mark.parametrize(
    ('text', 'message'),
    [
        ("varaint = 'x'", r"change\.py: varaint: unknown key 'varaint' \(did you mean 'variant'"),
        ('train_cfg = dict(max_epoch=3)', "train_cfg.max_epoch: .*did you mean 'max_epochs'"),
        ('model = dict(levels=dict(mid=dict(grpah=None)))', "did you mean 'graph'"),
        ('model = dict(first_stag=0)', "did you mean 'first_stage'"),
        ('model = dict(levels=dict(mid=dict(graph=dict(tau=1))))', "has no argument 'tau'"),
        ('model = dict(first_stage=dict(share=1))', 'first_stage is a dict .* but is of type'),
        ("model = dict(type='MLFO')", 'is a whole config: only files of changes are joined'),
        ('1 +', 'cannot read config .*change.py'),
    ],
)
def test_faults_in_a_file_of_changes(tmp_path, text, message):
    with pytest.raises(UserError, match=message):
        load_config(write(tmp_path / 'change.py', text))


def test_a_change_alone_or_missing(monkeypatch):
    monkeypatch.chdir(REPO)
    change = 'configs/mlfo/ablations/one_hot.py'
    command = f'tools/train.py configs/mlfo/r3d18_mini.py+{change}'
    with pytest.raises(UserError, match=f'{change} holds only changes.*{re.escape(command)}'):
        load_config(change)
    with pytest.raises(UserError, match=f'ablations/onehot.py does not exist .*{change}'):
        load_config(f'{SMOKE}+configs/mlfo/ablations/onehot.py')


def test_batch_line():
    config = load_config(CONFIGS / 'mlfo/r3d18_k400.py')
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
