"""The data set: samples as functions of (seed, epoch, index), and what becomes of bad videos."""

from __future__ import annotations

import random
import shutil
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from mmaction.datasets.transforms import (
    Flip,
    FormatShape,
    PackActionInputs,
    RandomResizedCrop,
    Resize,
)
from mmaction.registry import DATASETS
from torch.utils.data import DataLoader

from mlfo_mm.datasets import (
    DecodeFrames,
    OpenVideo,
    PerClip,
    PerFrameColorJitter,
    PerFrameGray,
    SampleMLFOClips,
    VideoListDataset,
    skip_collate,
)
from mlfo_mm.datasets.video_list import TOLERATED
from mlfo_mm.errors import UserError

LENGTHS = [24, 20, 40, 3, 8, 64, 16, 30]
READ = [
    dict(type=OpenVideo),
    dict(type=SampleMLFOClips, clip_len=4),
    dict(type=DecodeFrames),
]
PACK = [
    dict(type=FormatShape, input_format='NCTHW'),
    dict(type=PackActionInputs, meta_keys=('sample_idx', 'filename', 'frame_inds', 'decoder')),
]
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


@pytest.fixture(scope='module')
def template(tmp_path_factory, write_video) -> Path:
    """A data root with the data set 'own': 8 videos of 4 classes."""
    root = tmp_path_factory.mktemp('template')
    lines = []
    for number, frames in enumerate(LENGTHS):
        write_video(root / f'own/videos/v {number}.mp4', frames)
        lines.append(f'videos/v {number}.mp4 {number % 4}\n')
    (root / 'own/train.txt').write_text(''.join(lines))
    (root / 'own/classes.txt').write_text('a\nb\nc\nd\n')
    return root


@pytest.fixture
def folder(template, tmp_path) -> Path:
    """The data root, to be spoilt at will."""
    return shutil.copytree(template, tmp_path / 'data')


@pytest.fixture
def build(folder):
    return partial(VideoListDataset, 'own', data_root=folder, pipeline=[*READ, *PACK])


def spoil(folder: Path, *numbers: int) -> None:
    for number in numbers:
        (folder / f'own/videos/v {number}.mp4').write_bytes(b'')


def equal(first: dict, second: dict) -> bool:
    return bool(torch.equal(first['inputs'], second['inputs']))


def test_a_sample_holds_the_frames_that_were_drawn(build, frame_index):
    dataset = build()
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


def test_a_sample_depends_on_seed_epoch_and_index_only(build):
    pipeline = [*READ, AUGMENT, *PACK]
    dataset, again, other = (
        build(pipeline=pipeline),
        build(pipeline=pipeline),
        build(pipeline=pipeline, seed=1),
    )
    first = dataset[5]
    random.random(), np.random.random(), torch.rand(1)
    assert [equal(first, s) for s in (dataset[5], again[5], other[5])] == [True, True, False]
    dataset.set_epoch(1)
    assert not equal(first, dataset[5])
    dataset.set_epoch(0)
    assert equal(first, dataset[5])


def test_test_mode_ignores_the_epoch(build):
    dataset = build(test_mode=True, pipeline=[*READ, AUGMENT, *PACK])
    first = dataset[5]
    dataset.set_epoch(3)
    assert equal(first, dataset[5])


def test_views_of_a_sample_differ(build):
    views = build(pipeline=[*READ, AUGMENT, *PACK])[5]['inputs']
    a_and_long = views[0, :, 0], views[2, :, 0]  # both show the first frame
    assert not torch.equal(*a_and_long)


def test_the_callers_random_states_are_left_alone(build):
    dataset = build(pipeline=[*READ, AUGMENT, *PACK])
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


def test_the_number_of_workers_changes_nothing(build):
    pipeline = [*READ, AUGMENT, *PACK]
    alone, shared = epochs(build(pipeline=pipeline), 0), epochs(build(pipeline=pipeline), 2)
    assert torch.equal(alone[0], shared[0]) and torch.equal(alone[1], shared[1])
    assert not torch.equal(alone[0], alone[1])


@pytest.mark.parametrize('workers', [0, 2])
def test_a_corrupt_video_is_replaced_counted_and_named(build, folder, workers, log):
    spoil(folder, 2)
    dataset = build()
    loader = DataLoader(dataset, batch_size=4, num_workers=workers, collate_fn=list)
    read = []
    for epoch in range(2):
        dataset.set_epoch(epoch)
        read += [s['data_samples'] for batch in loader for s in batch]
    assert len(read) == 16
    for place, sample in enumerate(read):
        assert (sample.sample_idx == place % 8) == (place % 8 != 2)
        assert sample.gt_label.item() == sample.sample_idx % 4
    stats = dataset.read_stats()
    assert stats['replaced'] == 2 and [Path(n).name for n in stats['names']] == ['v 2.mp4']
    lines = [line for line in log.read_text().splitlines() if 'v 2.mp4' in line]
    assert lines and 'v 2.mp4 (0 frames: 0 bytes): line 3 of train.txt; 1 of 8' in lines[0]
    assert len(lines) == 1


def test_the_replacement_is_the_same_again_and_no_copy(build, folder):
    spoil(folder, 2)
    dataset, again = build(), build()
    for epoch in range(6):
        dataset.set_epoch(epoch)
        again.set_epoch(epoch)
        taken = dataset[2]
        assert equal(taken, again[2])
        original = dataset[taken['data_samples'].sample_idx]
        if max(taken['data_samples'].frame_inds) > 8:  # short videos leave nothing to draw
            assert taken['data_samples'].frame_inds.tolist() != (
                original['data_samples'].frame_inds.tolist()
            )


def test_short_videos_are_counted_once(build):
    dataset = build()
    for _ in range(2):
        list(DataLoader(dataset, num_workers=1, collate_fn=list))
    assert dataset.read_stats() == dict(looped=1, replaced=0, names=[])


def test_too_many_corrupt_videos_stop_the_run(build, folder):
    spoil(folder, *range(TOLERATED + 1))
    dataset = build(max_corrupt=0.01)
    with pytest.raises(UserError, match=r'4 of 8.*max_corrupt=0.01.*check_videos.py own'):
        for index in range(8):
            dataset[index]
    assert len([build(max_corrupt=0.5)[index] for index in range(8)]) == 8


def test_no_video_at_all_ends_in_one_error(build, folder):
    spoil(folder, *range(8))
    with pytest.raises(UserError, match=r'none of 20 videos of .*train\.txt'):
        build(max_corrupt=1.0)[0]


@pytest.mark.parametrize('workers', [0, 1])
def test_error_names_video_reason_and_line_in_one_line(build, folder, workers):
    spoil(folder, 2)
    dataset = build(test_mode=True)
    with pytest.raises(UserError) as caught:
        list(DataLoader(dataset, num_workers=workers, collate_fn=list))
    assert str(caught.value) == (
        f'cannot decode {folder / "own/videos/v 2.mp4"} (0 frames: 0 bytes): line 3 of train.txt; '
        "--skip-broken (on_corrupt='skip') goes on without it"
    )


def test_skipped_videos_are_dropped_and_counted(build, folder):
    spoil(folder, 2, 4, 5)
    dataset = build(test_mode=True, on_corrupt='skip')
    loader = DataLoader(dataset, batch_size=2, num_workers=1, collate_fn=skip_collate)
    batches = list(loader)
    assert [len(b['inputs']) for b in batches] == [2, 1, 0, 2]
    kept = [s.sample_idx for b in batches for s in b['data_samples']]
    assert kept == [0, 1, 3, 6, 7]
    stats = dataset.read_stats()
    assert [Path(n).name for n in stats['names']] == ['v 2.mp4', 'v 4.mp4', 'v 5.mp4']
    assert stats['replaced'] == 0


def test_other_errors_are_not_taken_for_corrupt_videos(build):
    def fault(results):
        raise RuntimeError('a fault of the pipeline')

    with pytest.raises(RuntimeError, match='a fault of the pipeline'):
        build(pipeline=[fault])[0]


def test_part_of_a_data_set(build, folder):
    spoil(folder, 7)
    few = build(indices=[1, 7])
    assert len(few) == 2 and few[0]['data_samples'].gt_label.item() == 1
    subset = build().get_subset([1, 7])
    loader = DataLoader(subset, num_workers=1, collate_fn=list)
    assert [s['data_samples'].gt_label.item() for (s,) in loader] == [1, 1]
    assert [Path(n).name for n in subset.read_stats()['names']] == ['v 7.mp4']


def test_it_is_built_from_a_config_by_mmaction(folder):
    dataset = DATASETS.build(
        dict(type='VideoListDataset', dataset='own', data_root=str(folder), pipeline=READ)
    )
    assert len(dataset) == 8


def test_a_subset_or_split_that_is_not_there(build):
    with pytest.raises(UserError, match=r'test\.txt'):
        build(subset='test')
    with pytest.raises(UserError, match=r'train2\.txt'):
        build(split=2)


def test_a_label_outside_the_classes(build, folder):
    (folder / 'own/train.txt').write_text('videos/v 0.mp4 1\nvideos/v 1.mp4 4\n')
    with pytest.raises(UserError, match=r'label 4 at .*train.txt:2, allowed 0..3.*1-based'):
        build()


def test_a_missing_video(build, folder):
    (folder / 'own/videos/v 3.mp4').unlink()
    with pytest.raises(UserError, match=r'8 lines read, 1 videos not found.*v 3.mp4'):
        build(test_mode=True)
    dataset = build()
    assert dataset[3]['data_samples'].sample_idx != 3
    assert build(test_mode=True, on_corrupt='skip')[3] is None
    for number in range(4):
        (folder / f'own/videos/v {number}.mp4').unlink(missing_ok=True)
    with pytest.raises(UserError, match=r'8 lines read, 4 videos not found.*v 0.mp4'):
        build()
    assert len(build(max_corrupt=0.5)) == 8
    for number in range(8):
        (folder / f'own/videos/v {number}.mp4').unlink(missing_ok=True)
    with pytest.raises(UserError, match='8 videos not found'):  # not one is there: a wrong root
        build(max_corrupt=1.0)


def test_a_video_that_goes_missing_later_is_replaced(build, folder):
    dataset = build()
    (folder / 'own/videos/v 3.mp4').unlink()
    assert dataset[3]['data_samples'].sample_idx != 3
    assert dataset.read_stats()['replaced'] == 1


@pytest.mark.parametrize(
    'arguments',
    [
        dict(on_corrupt='drop'),
        dict(augment='gpu'),
        dict(seed=-1),
        dict(max_corrupt=1.5),
        dict(max_corrupt=float('nan')),
    ],
)
def test_wrong_arguments_are_named(build, arguments):
    with pytest.raises(UserError, match=f'{next(iter(arguments))}='):
        build(**arguments)


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
