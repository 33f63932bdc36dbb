"""The data set: samples as functions of (seed, epoch, index)."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import torch
from mmaction.datasets.transforms import (
    Flip,
    RandomResizedCrop,
    Resize,
)
from mmaction.registry import DATASETS
from torch.utils.data import DataLoader

from mlfo_mm.datasets import (
    PerClip,
    PerFrameColorJitter,
    PerFrameGray,
    VideoListDataset,
)
from tests.datasets.own import LENGTHS, PACK, READ

AUGMENT = dict(
    type=PerClip,
    transforms=[
        dict(type=RandomResizedCrop, area_range=(0.5, 1.0)),
        dict(type=Resize, scale=(24, 24), keep_ratio=False),
        dict(type=Flip),
        dict(type=PerFrameGray),
        dict(type=PerFrameColorJitter),
    ],
)


def equal(first: dict, second: dict) -> bool:
    return bool(torch.equal(first['inputs'], second['inputs']))


def test_a_sample_holds_the_frames_that_were_drawn(build_own, frame_index):
    dataset = build_own()
    assert len(dataset) == 8 and dataset.metainfo['classes'] == ('a', 'b', 'c', 'd')
    for number, frames in enumerate(LENGTHS):
        packed = dataset[number]
        inputs, sample = packed['inputs'], packed['data_samples']
        assert inputs.shape == (3, 3, 4, 48, 64) and inputs.dtype == torch.uint8
        shown = [
            frame_index(f) for f in inputs.permute(0, 2, 3, 4, 1).reshape(12, 48, 64, 3).numpy()
        ]
        assert shown == sample.frame_inds.tolist() and max(shown) < frames
        assert sample.gt_label.item() == number % 4 and sample.sample_idx == number
        assert Path(sample.filename).is_absolute() and sample.filename.endswith(f'v {number}.mp4')


def test_a_sample_depends_on_seed_epoch_and_index_only(build_own):
    pipeline = [*READ, AUGMENT, *PACK]
    dataset, again, other = (
        build_own(pipeline=pipeline),
        build_own(pipeline=pipeline),
        build_own(pipeline=pipeline, seed=1),
    )
    first = dataset[5]
    random.random(), np.random.random(), torch.rand(1)
    assert [equal(first, s) for s in (dataset[5], again[5], other[5])] == [True, True, False]
    dataset.set_epoch(1)
    assert not equal(first, dataset[5])
    dataset.set_epoch(0)
    assert equal(first, dataset[5])


def test_test_mode_ignores_the_epoch(build_own):
    dataset = build_own(test_mode=True, pipeline=[*READ, AUGMENT, *PACK])
    first = dataset[5]
    dataset.set_epoch(3)
    assert equal(first, dataset[5])


def test_views_of_a_sample_differ(build_own):
    views = build_own(pipeline=[*READ, AUGMENT, *PACK])[5]['inputs']
    a_and_long = views[0, :, 0], views[2, :, 0]  # both show the first frame
    assert not torch.equal(*a_and_long)


def test_the_callers_random_states_are_left_alone(build_own):
    dataset = build_own(pipeline=[*READ, AUGMENT, *PACK])
    for seed in (random.seed, np.random.seed, torch.manual_seed):
        seed(7)
    expected = random.random(), np.random.random(), torch.rand(1).item()
    for seed in (random.seed, np.random.seed, torch.manual_seed):
        seed(7)
    dataset[0]
    assert (random.random(), np.random.random(), torch.rand(1).item()) == expected


def epochs(dataset: VideoListDataset, workers: int) -> list[torch.Tensor]:
    loader = DataLoader(
        dataset,
        batch_size=2,
        num_workers=workers,
        persistent_workers=workers > 0,
        collate_fn=lambda batch: torch.stack([s['inputs'] for s in batch]),
    )
    read = []
    for epoch in range(2):
        dataset.set_epoch(epoch)
        read.append(torch.cat(list(loader)))
    return read


def test_the_number_of_workers_changes_nothing(build_own):
    pipeline = [*READ, AUGMENT, *PACK]
    alone, shared = epochs(build_own(pipeline=pipeline), 0), epochs(build_own(pipeline=pipeline), 2)
    assert torch.equal(alone[0], shared[0]) and torch.equal(alone[1], shared[1])
    assert not torch.equal(alone[0], alone[1])


def test_short_videos_are_counted_once(build_own):
    dataset = build_own()
    for _ in range(2):
        list(DataLoader(dataset, num_workers=1, collate_fn=list))
    assert dataset.read_stats() == dict(looped=1, replaced=0, names=[])


def test_it_is_built_from_a_config_by_mmaction(own_root):
    dataset = DATASETS.build(
        dict(type='VideoListDataset', dataset='own', data_root=str(own_root), pipeline=READ)
    )
    assert len(dataset) == 8


def test_the_real_divx_avi_through_the_pipeline(real_data, tmp_path):
    source = next((real_data / 'format_samples').glob('*.avi'))
    folder = tmp_path / 'one'
    folder.mkdir()
    (folder / 'v.avi').write_bytes(source.read_bytes())
    (folder / 'classes.txt').write_text('ApplyEyeMakeup\n')
    (folder / 'train.txt').write_text('v.avi 0\n')
    packed = VideoListDataset('one', [*READ, AUGMENT, *PACK], data_root=tmp_path)[0]
    assert packed['inputs'].shape == (3, 3, 4, 24, 24)
    assert packed['inputs'].float().std() > 10
