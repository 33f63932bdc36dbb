"""The device does to a batch what workers would have done to its samples."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch
from mmaction.registry import DATASETS, MODELS
from mmengine.dataset import pseudo_collate
from mmengine.registry import init_default_scope
from torch.utils.data import DataLoader

from mlfo_mm.engine.config import load_config
from mlfo_mm.errors import UserError
from mlfo_mm.models.preprocessors import operations

CHANGE = '+device_augmentation'
CONFIGS = [  # every kind of step
    'mlfo/r3d18@smoke',  # per frame: channel, jitter; flips
    'mlfo/r3d18@mini',  # differences
    'byol/r3d18@smoke',  # per clip: jitter, gray, blur
    'temptrans/r3d18@smoke',
    'vcop/r3d18@smoke',
]


def config_of(name: str, change: str = ''):
    return load_config(name + change, {'pretrain_dataset': 'digits_motion'})


def batch_of(config, workers: int = 0, epoch: int = 0) -> tuple[torch.Tensor, list]:
    init_default_scope('mmaction')
    dataset = DATASETS.build(copy.deepcopy(config.train_dataloader.dataset))
    dataset.set_epoch(epoch)
    loader = DataLoader(dataset, 6, num_workers=workers, collate_fn=pseudo_collate)
    batch = next(iter(loader))
    preprocessor = MODELS.build(copy.deepcopy(config.model.data_preprocessor))
    done = preprocessor(batch, training=True)
    return done['inputs'], done['data_samples']


@pytest.mark.parametrize('name', CONFIGS)
def test_pixels_are_those_of_the_workers(digits, name):
    expected, samples = batch_of(config_of(name))
    found, theirs = batch_of(config_of(name, CHANGE))
    assert found.shape == expected.shape and found.dtype == torch.float32
    assert all(
        torch.equal(torch.as_tensor(a.gt_label), torch.as_tensor(b.gt_label))
        for a, b in zip(samples, theirs, strict=True)
    )
    std = 50 if 'mini' in name else 57.4
    gap = std * (found - expected).abs()  # in levels of 256
    assert gap.mean() < 1.0, gap.mean()
    assert (gap < 8).float().mean() > 0.97
    # statistics of the distribution: mean, deviation, and those of single frames
    for of in (torch.mean, torch.std):
        assert std * (of(found) - of(expected)).abs() < 0.6
    frames = [each.transpose(2, 3).flatten(3).mean(-1) for each in (found, expected)]
    assert std * (frames[0] - frames[1]).abs().max() < 3
    assert frames[0].std() > 0.05


def test_samples_depend_on_seed_and_epoch_alone(digits):
    config = config_of('mlfo/r3d18@smoke', CHANGE)
    first, _ = batch_of(config)
    assert torch.equal(first, batch_of(config, workers=2)[0])
    assert not torch.equal(first, batch_of(config, epoch=1)[0])


def test_workers_send_each_frame_once_and_undone(digits):
    config = config_of('mlfo/r3d18@smoke', CHANGE)
    sample = DATASETS.build(config.train_dataloader.dataset)[0]
    frames, drawn = sample['inputs'], sample['data_samples'].augment
    assert frames.dtype == torch.uint8 and frames.shape[3] == 3
    assert len(frames) == len(np.unique(drawn['places'])) < drawn['places'].size


def test_frames_of_several_sizes_share_a_batch(digits):
    config = config_of('mlfo/r3d18@smoke', CHANGE)
    dataset = DATASETS.build(config.train_dataloader.dataset)
    batch = pseudo_collate([dataset[index] for index in range(4)])
    preprocessor = MODELS.build(config.model.data_preprocessor)
    whole = preprocessor(copy.deepcopy(batch))['inputs']
    batch['inputs'][1] = torch.nn.functional.pad(batch['inputs'][1], (0, 0, 0, 8))  # wider
    found = preprocessor(batch)['inputs']
    gap = (found - whole).abs()  # coordinates are rounded in units of the width
    assert gap.mean() < 0.02 and gap[[0, 2, 3]].max() == 0


@pytest.mark.parametrize('operation', range(4))
def test_no_change_at_the_neutral_strength(operation):
    frames = torch.randint(0, 256, (4, 3, 9, 8)).float()
    neutral = torch.full((4, 1, 1, 1), 0.0 if operation == 3 else 1.0)
    assert torch.equal(operations.ADJUST[operation](frames, neutral), frames)


def test_no_blur_where_none_is_drawn():
    clips = torch.rand(2, 4, 3, 8, 8)
    assert operations.blur(clips, np.zeros(2), np.full(2, 0.1)) is clips


def test_samples_without_draws_are_left_to_mmaction(digits):
    plain, changed = (config_of('mlfo/r3d18@smoke', each) for each in ('', CHANGE))
    changed.train_dataloader.dataset.augment = 'worker'
    assert torch.equal(batch_of(plain)[0], batch_of(changed)[0])


@pytest.mark.parametrize(
    ('name', 'step'),
    [
        ('speednet/r3d18@k400', 'RandomRescale'),
        ('rotnet3d/r3d18@smoke', 'Rotate'),
        ('st_puzzle/r3d18@smoke', 'CropPieces'),
    ],
)
def test_what_the_device_cannot_do_is_said(digits, name, step):
    with pytest.raises(UserError, match=f'cannot take over {step}'):
        DATASETS.build(config_of(name, CHANGE).train_dataloader.dataset)
