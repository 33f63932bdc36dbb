"""VCP's operations: what the middle clip shows against the label, on frames that carry their index."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlfo_mm.datasets import AlterBlank, SampleCloze
from mlfo_mm.datasets.transforms.cloze import OPERATIONS, swap_chunks, swap_tiles

SEEDS = st.integers(0, 2**31)


def draw(frames: int, seed: int, **options) -> tuple[np.ndarray, str, dict]:
    np.random.seed(seed)
    results = SampleCloze(**options)(dict(total_frames=frames, label=7))
    clips = results['frame_inds'].reshape(3, -1)
    assert results['label'].shape == (1, 1) and results['label'].dtype == np.int64
    return clips, OPERATIONS[results['label'].item()], results


@settings(max_examples=150, deadline=None)
@given(st.integers(96, 300), SEEDS)
def test_frames_are_those_of_the_operation(frames, seed):
    clips, operation, results = draw(frames, seed)
    first, blank, last = clips
    assert not results['short_video'] and clips.min() >= 0 and clips.max() < frames
    assert results['view_groups'] == ((0,), (1,), (2,))
    assert (np.diff(first) == 1).all() and (np.diff(last) == 1).all()
    assert last[0] - first[0] == 2 * 24
    # whatever the label, a remote clip would fit on a side
    assert first[0] >= 32 or last[-1] + 32 < frames
    if operation == 'remote':
        assert (np.diff(blank) == 1).all()
        assert blank[-1] + 16 < first[0] or blank[0] - 16 > last[-1]
    else:
        assert sorted(blank) == list(range(first[0] + 24, first[0] + 40))
        moved = [q for q in range(4) if blank[4 * q] != first[0] + 24 + 4 * q]
        assert len(moved) == (2 if operation == 'shuffled' else 0)
        assert (np.diff(blank.reshape(4, 4)) == 1).all()


def test_operations_and_quarters_are_drawn_alike():
    drawn = [draw(120, seed) for seed in range(500)]
    found = [operation for _, operation, _ in drawn]
    assert all(70 < found.count(operation) < 130 for operation in OPERATIONS)
    starts = [blank[::4] for (_, blank, _), operation, _ in drawn if operation == 'shuffled']
    assert len({tuple(np.argsort(np.argsort(each))) for each in starts}) == 6


@pytest.mark.parametrize(('frames', 'step'), [(95, 24), (64, 24), (63, 23), (40, 12), (5, 1)])
def test_without_room_no_clip_is_remote_then_gaps_shrink(frames, step):
    for seed in range(40):
        clips, operation, results = draw(frames, seed)
        assert operation != 'remote' and results['short_video']
        assert clips.min() >= 0 and clips.max() < frames
        if frames >= 40:
            assert clips[2].min() - clips[0].min() == 2 * step
    assert draw(96, 0)[2]['short_video'] is False


# of the unofficial implementation, on the same frames
ROWS = np.arange(16).reshape(1, 4, 4, 1)
OPPOSITE = [[10, 11, 8, 9], [14, 15, 12, 13], [2, 3, 0, 1], [6, 7, 4, 5]]
TURNED = [[3, 7, 11, 15], [2, 6, 10, 14], [1, 5, 9, 13], [0, 4, 8, 12]]


def test_tiles_and_quarters_equal_public_numbers():
    assert swap_tiles(ROWS, (3, 2, 1, 0))[0, ..., 0].tolist() == OPPOSITE
    swapped = [8, 9, 10, 11, 4, 5, 6, 7, 0, 1, 2, 3, 12, 13, 14, 15]
    assert swap_chunks(np.arange(16), 0, 2).tolist() == swapped


def alter(operation: str, seed: int) -> np.ndarray:
    np.random.seed(seed)
    shown = np.broadcast_to(ROWS, (9, 4, 4, 3)).astype(np.uint8)
    label = np.array([[OPERATIONS.index(operation)]])
    results = dict(imgs=list(shown), clip_len=3, num_clips=3, img_shape=(4, 4), label=label)
    clips = np.stack(AlterBlank()(results)['imgs']).reshape(3, 3, 4, 4, 3)
    assert (clips[[0, 2]] == ROWS).all()  # the clips around it stay
    assert (clips[1] == clips[1][:1, ..., :1]).all()  # one change for all frames and channels
    return clips[1][0, ..., 0]


def test_pixels_are_those_of_the_operation():
    turns = [np.rot90(TURNED, k).tolist() for k in range(3)]
    found = [alter('rotated', seed).tolist() for seed in range(20)]
    assert {str(each) for each in found} == {str(each) for each in turns}
    orders = {str(alter('tiles', seed)) for seed in range(200)}
    assert len(orders) == 23 and str(ROWS[0, ..., 0].astype(np.uint8)) not in orders
    for operation in ('none', 'shuffled', 'remote'):
        assert (alter(operation, 0) == ROWS[0, ..., 0]).all()


def test_exchanged_tiles_are_put_together_again():
    for order in permutations(range(4)):
        back = tuple(np.argsort(order))
        assert (swap_tiles(swap_tiles(ROWS, order), back) == ROWS).all()


@pytest.mark.parametrize(
    ('options', 'word'),
    [(dict(clip_len=3), 'clip_len'), (dict(gap=-1), 'gap'), (dict(distance=-1), 'distance')],
)
def test_wrong_arguments_are_named(options, word):
    with pytest.raises(ValueError, match=word):
        SampleCloze(**options)


@pytest.mark.parametrize('shape', [(4, 6), (5, 5)])
def test_frames_that_cannot_be_turned_or_cut_are_refused(shape):
    with pytest.raises(ValueError, match='square frames of an even size'):
        AlterBlank()(dict(img_shape=shape))
