"""Recipes: at paper scale those of each method's source, in small profiles one budget for all."""

from __future__ import annotations

import pytest

from mlfo_mm.engine.config import load_config
from mlfo_mm.study.methods import cards

CTP = ('SGD', 0.01, 1e-4, 32, 40)
CVRL = ('SGD', 0.08, 1e-6, 256, None)  # 0.32 for a batch of 1024
RECIPES = {  # optimiser, learning rate, weight decay, batch in total, clipped at; epochs, steps
    'byol/r3d18@k400': (('SGD', 0.05, 1e-4, 256, None), 200, None),
    'byol/r3d18@ucf101': (('SGD', 0.05, 1e-4, 256, None), 300, None),
    'memdpc/r2d3d34@k400': (('Adam', 1e-3, 1e-5, 64, None), 200, [120, 160]),
    'memdpc/r2d3d34@ucf101': (('Adam', 1e-3, 1e-5, 32, None), 500, [300, 400]),
    'mlfo/r3d18@k400': (('Adam', 1e-3, 1e-5, 256, None), 100, [70]),
    'mlfo/r3d18@ucf101': (('Adam', 1e-3, 1e-5, 256, None), 300, [200]),
    'mlfo/r3d18@k400+official': (('Adam', 1e-3, 1e-5, 256, None), 100, [70]),
    'mlfo/r3d18@ucf101+official': (('Adam', 1e-3, 1e-5, 256, None), 300, [200]),
    'moco/r3d18@k400': (('SGD', 0.03, 1e-4, 256, None), 200, None),
    'moco/r3d18@ucf101': (('SGD', 0.03, 1e-4, 256, None), 300, None),
    'pace/r2plus1d@k400': (('SGD', 1e-3, 5e-3, 16, None), 18, [6, 12]),
    'pace/r3d18@ucf101': (('SGD', 1e-3, 5e-3, 16, None), 90, [30, 60]),
    'rotnet3d/r3d18@k400': (CTP, 90, [30, 60]),
    'rotnet3d/r3d18@ucf101': (CTP, 300, [100, 200]),
    'cvrl/r3d18@k400': (CVRL, 200, None),
    'cvrl/r3d18@ucf101': (CVRL, 300, None),
    'simclr/r3d18@k400': (('Adam', 1e-3, 1e-5, 256, None), 100, [70]),
    'simclr/r3d18@ucf101': (('Adam', 1e-3, 1e-5, 256, None), 300, [200]),
    'speednet/s3dg@k400': (CTP, 90, [30, 60]),
    'speednet/r3d18@ucf101': (CTP, 300, [100, 200]),
    'speednet/r3d18@k400+ctp7': (CTP, 90, [30, 60]),
    'speednet/r3d18@ucf101+ctp7': (CTP, 300, [100, 200]),
    'swav/r3d18@k400': (('SGD', 0.05, 1e-4, 256, None), 200, None),
    'swav/r3d18@ucf101': (('SGD', 0.05, 1e-4, 256, None), 300, None),
    # 1e-4 of a weight in each step, whatever the learning rate
    'temptrans/r3d18@k400': (('AdamW', 3e-4, 1e-4 / 3e-4, 16, None), 90, None),
    'temptrans/r3d18@ucf101': (('AdamW', 3e-4, 1e-4 / 3e-4, 16, None), 200, None),
    'vcop/r3d18@k400': (('SGD', 1e-3, 1e-4, 32, 40), 90, [30, 60]),
    'vcop/r2plus1d@ucf101': (('SGD', 1e-3, 5e-4, 8, None), 300, None),
}
_lower = {
    f'levels.{level}.{key}': value
    for level, weight in (('mid', 0.5), ('low', 0.3))
    for key, value in {
        'excitation.reduction': 16,
        'motion.temperature': 0.07,
        'motion.loss_weight': weight,
        'retrieval.temperature': 0.07,
        'retrieval.loss_weight': weight,
        'graph.temperature': 0.07,
        'graph.threshold': 0.05,
        'graph.loss_weight': weight,
    }.items()
}
CONSTANTS = {  # of the objective and the sampler (`sampler.` stands for the second step)
    'mlfo/r3d18@k400': {
        'embedding_dim': 128, 'first_stage': 0.2, 'augmentations': ('reverse', 'shuffle'),
        'levels.high.instance.temperature': 0.07, 'levels.high.instance.loss_weight': 1.0, **_lower,
        'prototypes.num_prototypes': 1000, 'prototypes.epsilon': 0.05, 'prototypes.num_iters': 3,
        'prototypes.queue_size': 1024, 'prototypes.queue_begin_epoch': 10,
        'prototypes.freeze_epochs': 1, 'prototypes.loss.temperature': 0.1,
        'prototypes.loss.loss_weight': 0.25,
        'sampler.max_rate': 3.0, 'sampler.long_view': 'strided',
    },
    'mlfo/r3d18@ucf101': {'first_stage': 1 / 6, 'prototypes.num_prototypes': 1000},
    'mlfo/r3d18@k400+official': {
        'augmentations': ('reverse',), 'prototypes.num_prototypes': 1000,
        'prototypes.long_in_batch_norm': True, 'prototypes.batch_in_queue': True,
        **{f'levels.{level}.augment_long': True for level in ('mid', 'low')},
    },
    'mlfo/r3d18@ucf101+official': {'first_stage': 1 / 6, 'prototypes.num_prototypes': 200},
    'simclr/r3d18@k400': {
        'levels.high.instance.temperature': 0.07, 'prototypes': None, 'sampler.long_view': 'none',
    },
    'pace/r3d18@k400': {'head.tasks': dict(pace=4), 'sampler.paces': (1, 2, 3, 4)},
    'pace/r3d18@k400+contrast': {
        'contrast.temperature': 0.07, 'contrast.loss_weight': 0.1, 'projection.out_channels': 128,
    },
    'cvrl/r3d18@k400': {
        'projection.num_layers': 4, 'projection.hidden_channels': 2048, 'projection.out_channels': 128,
        'contrast.temperature': 0.1, 'contrast.loss_weight': 2,
        'sampler.mode': 'cvrl', 'sampler.frame_interval': 2,
    },
    'moco/r3d18@k400': {
        'projection.num_layers': 2, 'projection.batch_norm': False, 'projection.out_channels': 128,
        'contrast.temperature': 0.2, 'queue_size': 65536, 'momentum': 0.999,
        'sampler.mode': 'uniform', 'sampler.frame_interval': 2,
    },
    'moco/r3d18@ucf101': {'queue_size': 2048},
    'byol/r3d18@k400': {
        'projection.num_layers': 2, 'projection.hidden_channels': 4096, 'projection.out_channels': 256,
        'momentum': 0.996,
    },
    'swav/r3d18@k400': {
        'embedding_dim': 128, 'queue_size': 3840, 'queue_begin_epoch': 15,
        'prototypes.num_prototypes': 1000, 'prototypes.epsilon': 0.05, 'prototypes.num_iters': 3,
        'prototypes.freeze_epochs': 1, 'prototypes.loss.temperature': 0.1,
        'prototypes.loss.loss_weight': 0.5,
    },
    'swav/r3d18@ucf101': {'prototypes.num_prototypes': 300},
    'memdpc/r2d3d34@k400': {
        'predict_steps': 3, 'memory_size': 1024, 'dropout_ratio': 0.1, 'feature_size': None,
        'sampler.block_len': 5, 'sampler.num_blocks': 8, 'sampler.frame_interval': 3,
    },
    'vcop/r2plus1d@ucf101': {'sampler.num_clips': 3, 'sampler.gap': 8, 'sampler.clip_len': 16},
    'rotnet3d/r3d18@k400': {'sampler.paces': (1, 2, 3, 4, 5)},
    'speednet/r3d18@k400+ctp7': {'sampler.paces': (-4, -2, -1, 0, 1, 2, 4)},
    'temptrans/r3d18@k400': {'sampler.max_speed': 3},
}  # fmt: skip
_CTP_COLOUR = (
    'PerFrameColorJitter(brightness=0.125, contrast=0, saturation=0, hue=0, p=0.2, per_frame=False)',
    'PerFrameColorJitter(brightness=0, contrast=0.2, saturation=0, hue=0, p=0.2, per_frame=False)',
    'PerFrameColorJitter(brightness=0, contrast=0, saturation=0.1, hue=0.067, p=0.2, per_frame=False)',
)
_CLIPS = (  # CVRL's form of SimCLR's
    'RandomResizedCrop(area_range=(0.3, 1.0), aspect_ratio_range=(0.5, 2.0))',
    'Resize(scale=(112, 112), keep_ratio=False)',
    'Flip(flip_ratio=0.5)',
    'PerFrameColorJitter(brightness=0.8, contrast=0.8, saturation=0.8, hue=0.2, p=0.8, per_frame=False)',
    'ClipGray(p=0.2)',
    'ClipGaussianBlur(sigma=(0.1, 2.0), p=0.5)',
)


def _mlfo(size, gray):
    return (
        'RandomResizedCrop(area_range=(0.5, 1.0), aspect_ratio_range=(0.75, 1.333))',
        f'Resize(scale=({size}, {size}), keep_ratio=False)',
        'Flip(flip_ratio=0.5)',
        f'PerFrameGray(p={gray})',
        'PerFrameColorJitter(brightness=0.5, contrast=0.5, saturation=0.5, hue=0.25)',
    )


VIEWS = {  # steps before those that each clip goes through alone, and these
    'mlfo/r3d18@k400': (('DecodeFrames(scale=(200, 150))',), _mlfo(112, 0.5)),
    'simclr/r3d18@k400': (('DecodeFrames(scale=(200, 150))',), _mlfo(112, 0.5)),
    **{f'{name}/r3d18@k400': (('DecodeFrames()',), _CLIPS) for name in ('cvrl', 'moco', 'byol', 'swav')},
    'memdpc/r2d3d34@k400': (('DecodeFrames(scale=None)',), _mlfo(224, 0.25)),
    'pace/r3d18@k400': (
        ('DecodeFrames(scale=(171, 128))',),
        (
            'RandomCrop(size=112)', 'Flip(flip_ratio=0.5)',
            'PerFrameColorJitter(brightness=0.8, contrast=0.8, saturation=0.8, hue=0.2, p=0.8)',
        ),
    ),
    'rotnet3d/r3d18@k400': (
        (
            'DecodeFrames()', 'Resize(scale=(149, 112), keep_ratio=False)',
            'Resize(scale=(171, 128), keep_ratio=False)', 'Resize(scale=(192, 144), keep_ratio=False)',
        ),
        ('RandomCrop(size=112)', 'Flip(flip_ratio=0.5)', *_CTP_COLOUR, 'RotateClips()'),
    ),
    'speednet/s3dg@k400': (
        ('DecodeFrames(scale=None)',),
        (
            'RandomRescale(scale_range=(64, 336))', 'Resize(scale=(224, 224), keep_ratio=False)',
            'Flip(flip_ratio=0.5)',
        ),
    ),
    'speednet/r3d18@k400+ctp7': (
        ('DecodeFrames()', *(f'Resize(scale=(-1, {side}))' for side in (112, 128, 144))),
        ('RandomCrop(size=112)', 'Flip(flip_ratio=0.5)', *_CTP_COLOUR),
    ),
    'temptrans/r3d18@k400': (
        ('DecodeFrames(scale=(171, 128))',),
        (
            'RandomCrop(size=112)', 'Flip(flip_ratio=0.5)',
            'PerFrameColorJitter(brightness=0.125, contrast=0, saturation=0.5, hue=0)',
            'PerFrameGray(p=0.2)',
        ),
    ),
    'vcop/r3d18@k400': (('DecodeFrames(scale=(171, 128))',), ('RandomCrop(size=112)',)),
}  # fmt: skip
_KINETICS = ([123.675, 116.28, 103.53], [58.395, 57.12, 57.375])
_R3D18 = (16, 112, 128, 2)
GEOMETRY = {  # clip length, crop, short side, frame interval; mean and deviation
    **{
        f'{name}/r3d18@k400': (_R3D18, _KINETICS)
        for name in ('mlfo', 'simclr', 'cvrl', 'moco', 'byol', 'swav', 'memdpc', 'rotnet3d')
    },
    'memdpc/r2d3d34@k400': ((16, 224, 256, 2), _KINETICS),
    'memdpc/r2d3d34@ucf101': ((16, 128, 146, 2), _KINETICS),
    'pace/r2plus1d@k400': (_R3D18, ([0.0] * 3, [1.0] * 3)),
    'speednet/s3dg@k400': ((64, 224, 256, 1), _KINETICS),
    'speednet/r3d18@k400+ctp7': (_R3D18, _KINETICS),
    'temptrans/r3d18@k400': (_R3D18, ([127.5] * 3, [127.5] * 3)),
    'vcop/r2plus1d@ucf101': ((16, 112, 128, 1), ([0.0] * 3, [255.0] * 3)),
    'mlfo/r3d18_tv@k400': (
        _R3D18,
        ([110.2008, 100.63983, 95.99475], [58.14765, 56.46975, 55.332195]),
    ),
}
METHODS = [name for name in cards() if name != 'mlfo']


@pytest.mark.parametrize('name', RECIPES)
def test_recipe_at_paper_scale(name):
    (optimizer, rate, decay, batch, clipped), epochs, steps = RECIPES[name]
    config = load_config(name)
    found = config.optim_wrapper
    assert found.optimizer.type.__name__ == optimizer
    assert found.optimizer.lr == rate
    assert found.optimizer.weight_decay == pytest.approx(decay)
    assert (found.get('clip_grad') or {}).get('max_norm') == clipped
    assert config.train_dataloader.batch_size * 8 == config.auto_scale_lr.base_batch_size == batch
    assert config.train_cfg.max_epochs == epochs
    milestones = [item.milestones for item in config.param_scheduler if 'milestones' in item]
    assert milestones == ([steps] if steps else [])
    ends = [item[key] for item in config.param_scheduler for key in ('end', 'T_max') if key in item]
    assert not ends or max(ends) == epochs  # a cosine ends with the training


@pytest.mark.parametrize('name', CONSTANTS)
def test_constants_at_paper_scale(name):
    config = load_config(name)
    for dotted, wanted in CONSTANTS[name].items():
        node = dict(config.model, sampler=config.train_pipeline[1])
        for key in dotted.split('.'):
            node = node[key]
        assert node == wanted, dotted


def said(step: dict) -> list[str]:
    """A step and those within it, with their arguments."""
    arguments = {key: step[key] for key in step if key not in ('type', 'transforms')}
    lines = [f'{key}={rounded(value)}' for key, value in arguments.items()]
    if 'transforms' not in step:
        return [f'{step["type"].__name__}({", ".join(lines)})']
    parts = [
        each for part in step['transforms'] for each in (part if isinstance(part, list) else [part])
    ]
    return [line for part in parts for line in said(part)]


def rounded(value):
    if isinstance(value, tuple):
        return tuple(map(rounded, value))
    return round(value, 3) if isinstance(value, float) else value


@pytest.mark.parametrize('name', VIEWS)
def test_views_at_paper_scale(name):
    # between the sampler and the packing
    steps = load_config(name).train_pipeline[2:-2]
    place = next(i for i, step in enumerate(steps) if step['type'].__name__ == 'PerClip')
    before, alone = (
        tuple(line for step in part for line in said(step))
        for part in (steps[:place], steps[place:])
    )
    assert (before, alone) == VIEWS[name]


@pytest.mark.parametrize('name', GEOMETRY)
def test_geometry_at_paper_scale(name):
    config = load_config(name)
    assert not config.frame_difference and config.flip_ratio == 0.5
    keys = ('clip_len', 'crop_size', 'short_side', 'frame_interval')
    found = tuple(config[key] for key in keys), (config.normalize.mean, config.normalize.std)
    assert found == GEOMETRY[name]
    assert config.pretrain_dataset == ('ucf101' if 'ucf101' in name else 'kinetics400')


def test_every_method_has_a_recipe_views_and_geometry_here():
    for table in (RECIPES, CONSTANTS, VIEWS, GEOMETRY):
        assert {name.split('/')[0] for name in table} >= set(cards())


@pytest.mark.parametrize('profile', ['smoke', 'demo', 'mini'])
@pytest.mark.parametrize('method', METHODS)
def test_small_profiles_have_mlfo_s_budget(method, profile):
    mlfo, ours = (load_config(f'{name}/r3d18@{profile}') for name in ('mlfo', method))
    for key in (
        'optim_wrapper', 'param_scheduler', 'train_cfg', 'pretrain_dataset', 'clip_len', 'crop_size',
        'short_side', 'frame_interval', 'normalize', 'frame_difference', 'flip_ratio',
    ):  # fmt: skip
        assert ours.get(key) == mlfo.get(key), key
    assert ours.model.backbone == mlfo.model.backbone
    assert ours.model.data_preprocessor == mlfo.model.data_preprocessor
    assert ours.train_dataloader.batch_size == mlfo.train_dataloader.batch_size
    for step in ('FrameDifference', 'Flip'):
        assert (step in str(ours.train_pipeline)) == (step in str(mlfo.train_pipeline)), step
    assert 'FrameDifference' in str(ours.train_pipeline) or profile != 'mini'
    assert 'Flip' not in str(ours.train_pipeline) or profile != 'mini'
