"""Recipes: at paper scale those of each method's source, in small profiles one budget for all."""

from __future__ import annotations

import pytest

from mlfo_mm.engine.config import load_config
from mlfo_mm.study.methods import cards
from tests.methods import CONSTANTS, RECIPES

PILOTED = {('moco', 'mini'): 2e-3}  # rates of their own, in results/reference/PLAN.md


def others(table: dict) -> list[str]:
    """Runs at the published scale of the methods that a table does not name."""
    named = {run.split('/')[0] for run in table}
    return [f'{name}/r3d18@k400' for name in cards() if name not in named]


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


# steps before those that each clip goes through alone, and these; a method that has none here takes
# those of two clips
VIEWS = {
    'mlfo/r3d18@k400': (('DecodeFrames(scale=(200, 150))',), _mlfo(112, 0.5)),
    'simclr/r3d18@k400': (('DecodeFrames(scale=(200, 150))',), _mlfo(112, 0.5)),
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
    'coclr/r3d18@k400': (('DecodeFrames()',), (*_CLIPS, 'LabelSource()')),
    'ctp/r3d18@k400': (
        (
            'DecodeFrames()', 'Resize(scale=(149, 112), keep_ratio=False)',
            'Resize(scale=(171, 128), keep_ratio=False)', 'Resize(scale=(192, 144), keep_ratio=False)',
        ),
        (
            'RandomCrop(size=112)', 'Flip(flip_ratio=0.5)',
            'PerFrameColorJitter(brightness=0.118, contrast=0, saturation=0, hue=0, p=0.5, per_frame=False)',
            'PerFrameColorJitter(brightness=0, contrast=0.12, saturation=0, hue=0, p=0.5, per_frame=False)',
            _CTP_COLOUR[2].replace('p=0.2,', 'p=0.25,'), 'PastePatches()',
        ),
    ),
    'vcop/r3d18@k400': (('DecodeFrames(scale=(171, 128))',), ('RandomCrop(size=112)',)),
    'cbt/r3d18@k400': (('DecodeFrames(scale=None)',), _mlfo(112, 0.5)),
    'taco/r3d@k400': (('DecodeFrames()',), (*_CLIPS, 'RotateClips(beside=True)')),
    'dsm/r3d34@k400': (
        ('DecodeFrames(scale=None)', 'Resize(scale=(-1, 256))'),
        (
            'ClipTurn(degrees=10)', 'RandomCrop(size=224)',
            'PerFrameColorJitter(brightness=0.5, contrast=0.5, saturation=0.25, hue=0.5, per_frame=False)',
        ),
    ),
    'prp/r2plus1d@ucf101': (
        ('DecodeFrames(scale=(171, 128))',), ('CenterCrop(crop_size=112)',)
    ),
    'st_puzzle/r3d18@k400': (
        (
            'DecodeFrames()', 'Resize(scale=(-1, 256))', 'RandomCrop(size=224)',
            'Flip(flip_ratio=0.5)', 'CropPieces(size=80)',
        ),
        ('PerFrameGray(p=1.0, per_frame=False)',),
    ),
    'sts/r3d18@ucf101': (
        ('DecodeFrames(scale=(171, 128))',),
        (
            'RandomCrop(size=112)', 'Flip(flip_ratio=0.5)',
            'ClipStatistics(flow=dis, dominant=octants)',
        ),
    ),
    'vcp/r3d@ucf101': (
        ('DecodeFrames(scale=(171, 128))',), ('RandomCrop(size=112)', 'AlterBlank()')
    ),
    'rspnet/r3d18@k400': (
        ('DecodeFrames()',),
        (
            'RandomResizedCrop(area_range=(0.4, 1.0), aspect_ratio_range=(0.75, 1.333))',
            'Resize(scale=(112, 112), keep_ratio=False)', 'ClipGray(p=0.2)',
            'PerFrameColorJitter(brightness=0.4, contrast=0.4, saturation=0.4, hue=0.4, p=1.0, '
            'per_frame=False)',
            'Flip(flip_ratio=0.5)',
        ),
    ),
    'pcl/r3d18@k400': (('DecodeFrames()',), (*_CLIPS, 'LabelByPlace()')),
    'tclr/r3d18@ucf101': (
        ('DecodeFrames()',),
        (
            'RandomResizedCrop(area_range=(0.27, 0.75), aspect_ratio_range=(1.0, 1.0))',
            'Resize(scale=(112, 112), keep_ratio=False)', 'Flip(flip_ratio=0.5)',
            *(
                f'PerFrameColorJitter(brightness={b}, contrast={c}, saturation={s}, hue={h}, p={p}, '
                'per_frame=False)'
                for b, c, s, h, p in (
                    (0, 0.25, 0, 0, 0.25), (0, 0, 0, 0.1, 0.3), (0, 0, 0.25, 0, 0.3),
                    (0.25, 0, 0, 0, 0.3),
                )
            ),
            'ClipGray(p=0.175)',
        ),
    ),
    'dpc/r2d3d34@k400': (('DecodeFrames(scale=None)',), _mlfo(224, 0.5)),
}  # fmt: skip
_KINETICS = ([123.675, 116.28, 103.53], [58.395, 57.12, 57.375])
_R3D18 = (16, 112, 128, 2)
# clip length, crop, short side, frame interval; mean and deviation; a method that has none here is
# R3D-18's
GEOMETRY = {
    'memdpc/r2d3d34@k400': ((16, 224, 256, 2), _KINETICS),
    'memdpc/r2d3d34@ucf101': ((16, 128, 146, 2), _KINETICS),
    'coclr/s3d@k400': ((32, 128, 146, 1), _KINETICS),
    'pace/r2plus1d@k400': (_R3D18, ([0.0] * 3, [1.0] * 3)),
    'speednet/s3dg@k400': ((64, 224, 256, 1), _KINETICS),
    'speednet/r3d18@k400+ctp7': (_R3D18, _KINETICS),
    'temptrans/r3d18@k400': (_R3D18, ([127.5] * 3, [127.5] * 3)),
    'vcop/r2plus1d@ucf101': ((16, 112, 128, 1), ([0.0] * 3, [255.0] * 3)),
    'dsm/r3d18@k400': ((16, 112, 128, 4), _KINETICS),
    'dsm/r3d34@k400': ((16, 224, 256, 4), _KINETICS),
    'dsm/i3d@ucf101': ((16, 224, 256, 4), _KINETICS),
    'prp/r2plus1d@ucf101': (_R3D18, ([0.0] * 3, [255.0] * 3)),
    'st_puzzle/r3d18@k400': ((16, 112, 128, 1), _KINETICS),
    'sts/r3d18@ucf101': ((16, 112, 128, 1), ([0.0] * 3, [1.0] * 3)),
    'vcp/r3d@ucf101': ((16, 112, 128, 1), ([0.0] * 3, [255.0] * 3)),
    'tclr/r3d18@ucf101': (_R3D18, ([0.0] * 3, [255.0] * 3)),
    'dpc/r2d3d34@k400': ((16, 224, 256, 2), _KINETICS),
    'mlfo/r3d18_tv@k400': (
        _R3D18,
        ([110.2008, 100.63983, 95.99475], [58.14765, 56.46975, 55.332195]),
    ),
}
VIEWS |= {run: (('DecodeFrames()',), _CLIPS) for run in others(VIEWS)}
GEOMETRY |= {run: (_R3D18, _KINETICS) for run in others(GEOMETRY)}
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
    schedulers = config.param_scheduler
    milestones = [step for item in schedulers for step in item.get('milestones', ())]
    assert sorted(milestones) == (steps or [])
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


def test_every_method_has_a_recipe_here():
    for table in (RECIPES, CONSTANTS):
        assert {name.split('/')[0] for name in table} >= set(cards())


@pytest.mark.parametrize('profile', ['smoke', 'demo', 'mini'])
@pytest.mark.parametrize('method', METHODS)
def test_small_profiles_have_mlfo_s_budget(method, profile):
    mlfo, ours = (load_config(f'{name}/r3d18@{profile}') for name in ('mlfo', method))
    rates = [config.optim_wrapper.optimizer.pop('lr') for config in (mlfo, ours)]
    assert rates[1] == PILOTED.get((method, profile), rates[0])
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
