"""Configs are read strictly; every shipped one parses and has the keys that the tools read."""

from __future__ import annotations

import pytest

from mlfo_mm.engine.config import load_config, scaled_learning_rate
from mlfo_mm.errors import UserError
from tests.conftest import REPO

CONFIGS = REPO / 'configs'
SMOKE = CONFIGS / 'mlfo/r3d18_smoke.py'
SHARED = ('_base_', 'downstream')
PRETRAINING = sorted(
    path for path in CONFIGS.rglob('*.py') if path.relative_to(CONFIGS).parts[0] not in SHARED
)


@pytest.mark.parametrize('path', PRETRAINING, ids=lambda path: str(path.relative_to(CONFIGS)))
def test_pretraining_configs_are_complete(path):
    config = load_config(path)
    for key in (
        'method', 'variant', 'backbone_name', 'profile', 'pretrain_dataset', 'clip_len',
        'crop_size', 'short_side', 'eval_frame_interval', 'normalize',
    ):  # fmt: skip
        assert config.get(key), key
    assert config.profile in ('smoke', 'demo', 'mini', 'paper')
    assert config.train_dataloader.dataset.dataset == config.pretrain_dataset
    sampler = config.train_dataloader.dataset.pipeline[1]
    assert sampler.clip_len == config.clip_len
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
        ({'train_cfg.max_epoch': 3}, 'did you mean max_epochs'),
        ({'model.levels.high.instance.temperatur': 1}, 'did you mean temperature'),
        ({'model.first_stag': 0.1}, 'did you mean first_stage'),
        ({'modle.first_stage': 0.1}, 'did you mean model'),
        ({'train_pipeline.99.clip_len': 8}, 'no index'),
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
        ('modell = dict()', "unknown key 'modell'; did you mean model"),
        (
            'model.update(first_stagee=0.1)',
            'MLFO has no argument .first_stagee.; did you mean first_stage',
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


def test_missing_config_suggests_one(monkeypatch):
    monkeypatch.chdir(REPO)
    with pytest.raises(UserError, match=r'did you mean configs/mlfo/r3d18_k400\.py'):
        load_config('configs/mlfo/r3d18_k40.py')


def test_batch_line():
    config = load_config(CONFIGS / 'mlfo/r3d18_k400.py')
    assert scaled_learning_rate(config, 8, False).endswith('(the paper: batch 256, the same)')
    line = scaled_learning_rate(config, 4, False)
    assert 'effective batch 32 x 4 = 128' in line
    assert '--auto-scale-lr would use 0.0005' in line
    assert config.optim_wrapper.optimizer.lr == 1e-3
    scaled_learning_rate(config, 4, True)
    assert config.optim_wrapper.optimizer.lr == pytest.approx(5e-4)
