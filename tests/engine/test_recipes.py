"""Schedules: at paper scale those of each method's source, in small profiles one budget for all."""

from __future__ import annotations

import pytest

from mlfo_mm.engine.config import load_config
from mlfo_mm.study.methods import cards
from tests.conftest import REPO

CTP = ('SGD', 0.01, 1e-4, 32, 40)
CVRL = ('SGD', 0.08, 1e-6, 256, None)  # 0.32 for a batch of 1024
RECIPES = {  # optimiser, learning rate, weight decay, batch in total, clipped at; epochs, steps
    'byol/r3d18_k400': (('SGD', 0.05, 1e-4, 256, None), 200, None),
    'byol/r3d18_ucf101': (('SGD', 0.05, 1e-4, 256, None), 300, None),
    'memdpc/r2d3d34_k400': (('Adam', 1e-3, 1e-5, 64, None), 200, [120, 160]),
    'memdpc/r2d3d34_ucf101': (('Adam', 1e-3, 1e-5, 32, None), 500, [300, 400]),
    'moco/r3d18_k400': (('SGD', 0.03, 1e-4, 256, None), 200, None),
    'moco/r3d18_ucf101': (('SGD', 0.03, 1e-4, 256, None), 300, None),
    'pace/r2plus1d_k400': (('SGD', 1e-3, 5e-3, 16, None), 18, [6, 12]),
    'pace/r3d18_ucf101': (('SGD', 1e-3, 5e-3, 16, None), 90, [30, 60]),
    'rotnet3d/r3d18_k400': (CTP, 90, [30, 60]),
    'rotnet3d/r3d18_ucf101': (CTP, 300, [100, 200]),
    'simclr/cvrl/r3d18_k400': (CVRL, 200, None),
    'simclr/cvrl/r3d18_ucf101': (CVRL, 300, None),
    'speednet/s3dg_k400': (CTP, 90, [30, 60]),
    'speednet/r3d18_ucf101': (CTP, 300, [100, 200]),
    'speednet/ctp7/r3d18_k400': (CTP, 90, [30, 60]),
    'speednet/ctp7/r3d18_ucf101': (CTP, 300, [100, 200]),
    'swav/r3d18_k400': (('SGD', 0.05, 1e-4, 256, None), 200, None),
    'swav/r3d18_ucf101': (('SGD', 0.05, 1e-4, 256, None), 300, None),
    # 1e-4 of a weight in each step, whatever the learning rate
    'temptrans/r3d18_k400': (('AdamW', 3e-4, 1e-4 / 3e-4, 16, None), 90, None),
    'temptrans/r3d18_ucf101': (('AdamW', 3e-4, 1e-4 / 3e-4, 16, None), 200, None),
    'vcop/r3d18_k400': (('SGD', 1e-3, 1e-4, 32, 40), 90, [30, 60]),
    'vcop/r2plus1d_ucf101': (('SGD', 1e-3, 5e-4, 8, None), 300, None),
}
CONSTANTS = {  # of the objective and the sampler (`sampler.` stands for the second step)
    'simclr/cvrl/r3d18_k400': {
        'projection.num_layers': 4, 'projection.hidden_channels': 2048, 'projection.out_channels': 128,
        'contrast.temperature': 0.1, 'contrast.loss_weight': 2,
        'sampler.mode': 'cvrl', 'sampler.frame_interval': 2,
    },
    'moco/r3d18_k400': {
        'projection.num_layers': 2, 'projection.batch_norm': False, 'projection.out_channels': 128,
        'contrast.temperature': 0.2, 'queue_size': 65536, 'momentum': 0.999,
        'sampler.mode': 'uniform', 'sampler.frame_interval': 2,
    },
    'moco/r3d18_ucf101': {'queue_size': 2048},
    'byol/r3d18_k400': {
        'projection.num_layers': 2, 'projection.hidden_channels': 4096, 'projection.out_channels': 256,
        'momentum': 0.996,
    },
    'swav/r3d18_k400': {
        'embedding_dim': 128, 'queue_size': 3840, 'queue_begin_epoch': 15,
        'prototypes.num_prototypes': 1000, 'prototypes.epsilon': 0.05, 'prototypes.num_iters': 3,
        'prototypes.freeze_epochs': 1, 'prototypes.loss.temperature': 0.1,
        'prototypes.loss.loss_weight': 0.5,
    },
    'swav/r3d18_ucf101': {'prototypes.num_prototypes': 300},
    'memdpc/r2d3d34_k400': {
        'predict_steps': 3, 'memory_size': 1024, 'dropout_ratio': 0.1, 'feature_size': None,
        'sampler.block_len': 5, 'sampler.num_blocks': 8, 'sampler.frame_interval': 3,
    },
    'vcop/r2plus1d_ucf101': {'sampler.num_clips': 3, 'sampler.gap': 8, 'sampler.clip_len': 16},
    'rotnet3d/r3d18_k400': {'sampler.paces': (1, 2, 3, 4, 5)},
    'speednet/ctp7/r3d18_k400': {'sampler.paces': (-4, -2, -1, 0, 1, 2, 4)},
    'temptrans/r3d18_k400': {'sampler.max_speed': 3},
}  # fmt: skip
FOLDERS = sorted(set(cards()) - {'mlfo'})


@pytest.mark.parametrize('name', RECIPES)
def test_recipe_at_paper_scale(name):
    (optimizer, rate, decay, batch, clipped), epochs, steps = RECIPES[name]
    config = load_config(REPO / f'configs/{name}.py')
    found = config.optim_wrapper
    assert found.optimizer.type.__name__ == optimizer
    assert found.optimizer.lr == rate
    assert found.optimizer.weight_decay == pytest.approx(decay)
    assert found.get('clip_grad', {}).get('max_norm') == clipped
    assert config.train_dataloader.batch_size * 8 == config.auto_scale_lr.base_batch_size == batch
    assert config.train_cfg.max_epochs == epochs
    milestones = [item.milestones for item in config.param_scheduler if 'milestones' in item]
    assert milestones == ([steps] if steps else [])
    ends = [item[key] for item in config.param_scheduler for key in ('end', 'T_max') if key in item]
    assert not ends or max(ends) == epochs  # a cosine ends with the training


@pytest.mark.parametrize('name', CONSTANTS)
def test_constants_at_paper_scale(name):
    config = load_config(REPO / f'configs/{name}.py')
    for dotted, wanted in CONSTANTS[name].items():
        node = dict(config.model, sampler=config.train_pipeline[1])
        for key in dotted.split('.'):
            node = node[key]
        assert node == wanted, dotted


def test_every_method_has_a_recipe_here():
    assert {name.rsplit('/', 1)[0] for name in RECIPES} == set(FOLDERS) - {'simclr'}


@pytest.mark.parametrize('profile', ['smoke', 'demo', 'mini'])
@pytest.mark.parametrize('folder', FOLDERS)
def test_small_profiles_have_mlfo_s_budget(folder, profile):
    mlfo, ours = (
        load_config(REPO / f'configs/{name}/r3d18_{profile}.py') for name in ('mlfo', folder)
    )
    for key in (
        'optim_wrapper', 'param_scheduler', 'train_cfg', 'pretrain_dataset', 'clip_len', 'crop_size',
        'short_side', 'frame_interval', 'normalize', 'frame_difference',
    ):  # fmt: skip
        assert ours.get(key) == mlfo.get(key), key
    assert ours.model.backbone == mlfo.model.backbone
    assert ours.model.data_preprocessor == mlfo.model.data_preprocessor
    assert ours.train_dataloader.batch_size == mlfo.train_dataloader.batch_size
    differences = 'FrameDifference' in str(ours.train_pipeline)
    assert differences == ('FrameDifference' in str(mlfo.train_pipeline)) == (profile == 'mini')
