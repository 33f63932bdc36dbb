"""Views draw their own parameters, frames of a view share them."""

from __future__ import annotations

import numpy as np
import pytest
from mmaction.datasets.transforms import (
    CenterCrop,
    Flip,
    FormatShape,
    PackActionInputs,
    RandomResizedCrop,
    Resize,
)

from mlfo_mm.datasets import PerClip, PerFrameColorJitter, PerFrameGray

CROP = dict(type=RandomResizedCrop, area_range=(0.3, 0.8))
RESIZE = dict(type=Resize, scale=(40, 24), keep_ratio=False)
FLIP = dict(type=Flip, flip_ratio=0.5)


def places() -> np.ndarray:
    """A (48, 64, 3) frame whose red is the column, green the row, blue constant."""
    frame = np.full((48, 64, 3), 7, np.uint8)
    frame[..., 0] = 3 * np.arange(64)
    frame[..., 1] = 4 * np.arange(48)[:, None]
    return frame


def apply(transforms, groups=((0,), (1,), (2,)), clip_len=4, seed=0) -> dict:
    np.random.seed(seed)
    views = sum(map(len, groups))
    results = dict(
        imgs=[places() for _ in range(views * clip_len)],
        img_shape=(48, 64),
        original_shape=(48, 64),
        clip_len=clip_len,
        num_clips=views,
        view_groups=groups,
        modality='RGB',
        label=3,
    )
    return PerClip(transforms)(results)


def views_of(results: dict) -> list[set[bytes]]:
    clip_len = results['clip_len']
    data = [frame.tobytes() for frame in results['imgs']]
    return [set(data[i : i + clip_len]) for i in range(0, len(data), clip_len)]


def test_views_differ_and_their_frames_agree():
    views = views_of(apply([CROP, RESIZE, FLIP]))
    assert [len(frames) for frames in views] == [1, 1, 1]
    assert len(set.union(*views)) == 3


def test_a_group_of_views_shares_its_parameters():
    views = views_of(apply([CROP, RESIZE, FLIP], ((0,), (1,), (2, 3))))
    assert views[2] == views[3]
    assert len(set.union(*views)) == 3


def test_the_inner_transforms_see_one_group():
    seen = []

    def look(results):
        seen.append((results['num_clips'], len(results['imgs'])))
        return results

    results = apply([look], ((0,), (1,), (2, 3)))
    assert seen == [(1, 4), (1, 4), (2, 8)]
    assert results['num_clips'] == 4


def test_without_groups_each_clip_stands_alone():
    results = apply([CROP, RESIZE])
    del results['view_groups']
    results = PerClip([CROP, RESIZE])(results)
    assert len(set.union(*views_of(results))) == 3


def test_flips_are_drawn_for_each_view():
    kinds = set()
    for seed in range(8):
        results = apply([FLIP], seed=seed)
        flipped = [frame[0, 0, 0] > 0 for frame in results['imgs']]
        assert all(len(set(flipped[i : i + 4])) == 1 for i in (0, 4, 8))
        kinds.add(tuple(flipped[::4]))
    assert len(kinds) > 2


def test_order_of_views_and_frames_is_kept():
    results = apply([])
    for number, frame in enumerate(results['imgs']):
        frame[:] = number
    results['view_groups'] = ((2,), (0, 1))
    results = PerClip([CROP, RESIZE])(results)
    assert [frame[0, 0, 0] for frame in results['imgs']] == list(range(12))


def test_mmaction_packs_what_comes_out():
    colour = [dict(type=PerFrameGray), dict(type=PerFrameColorJitter)]
    results = apply([CROP, RESIZE, FLIP, *colour])
    assert results['img_shape'] == (24, 40) and results['num_clips'] == 3
    packed = PackActionInputs()(FormatShape('NCTHW')(results))
    assert packed['inputs'].shape == (3, 3, 4, 24, 40)
    assert str(packed['inputs'].dtype) == 'torch.uint8'
    assert packed['data_samples'].gt_label.item() == 3
    assert packed['data_samples'].img_shape == (24, 40)


def test_colours_differ_between_the_frames_of_a_view():
    views = views_of(apply([CROP, RESIZE, dict(type=PerFrameColorJitter)]))
    assert [len(frames) for frames in views] == [4, 4, 4]


def test_center_crop_is_the_same_everywhere():
    results = apply([dict(type=CenterCrop, crop_size=(32, 16))])
    assert len(set.union(*views_of(results))) == 1
    assert results['imgs'][0][0, 0].tolist() == [3 * 16, 4 * 16, 7]
    assert results['img_shape'] == (16, 32)


def test_types_may_be_names():
    assert apply([dict(type='Resize', scale=(8, 8), keep_ratio=False)])['img_shape'] == (8, 8)


def test_views_of_different_size_are_refused():
    with pytest.raises(ValueError, match='Resize'):
        apply([CROP])


def test_a_changed_number_of_frames_is_refused():
    with pytest.raises(ValueError, match='8 frames of 4'):
        apply([lambda results: results | dict(imgs=results['imgs'] * 2)])


def test_it_is_printed_with_its_transforms():
    printed = repr(PerClip([dict(type=PerFrameGray, p=0.3)]))
    assert printed == 'PerClip(transforms=[PerFrameGray(p=0.3, per_frame=True)])'
