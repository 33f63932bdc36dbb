"""ST-Puzzle's pieces, on volumes whose pixels say where and when they are."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlfo_mm.datasets import CropPieces, SamplePuzzle

ORDERS = list(permutations(range(4)))
SIDE, PIECE = 20, 7


def draw(frames: int, seed: int, **options) -> dict:
    np.random.seed(seed)
    sampler = SamplePuzzle(**dict(clip_len=4, cell_len=8) | options)
    results = sampler(dict(total_frames=frames, label=7))
    assert results['label'].shape == (1, 1) and results['label'].dtype == np.int64
    return results


def cut(results: dict) -> np.ndarray:
    """Pieces (4, 4, 7, 7, 3) of a volume whose pixels are (frame, row, column)."""
    rows, columns = np.indices((SIDE, SIDE))
    results['imgs'] = [
        np.stack([np.full_like(rows, frame), rows, columns], -1) for frame in results['frame_inds']
    ]
    results['img_shape'] = (SIDE, SIDE)
    done = CropPieces(PIECE)(results)
    assert done['img_shape'] == (PIECE, PIECE)
    return np.stack(done['imgs']).reshape(4, 4, PIECE, PIECE, 3)


@settings(max_examples=100, deadline=None)
@given(st.integers(32, 90), st.integers(0, 2**31), st.sampled_from([0.0, 1.0]))
def test_a_puzzle_is_put_together_again_by_its_label(frames, seed, spatial):
    results = draw(frames, seed, spatial=spatial)
    assert not results['short_video'] and results['frame_inds'].max() < frames
    pieces = cut(results)
    order = ORDERS[results['label'].item()]
    solved = pieces[np.argsort(order)]
    times, rows, columns = (solved[:, 0, 0, 0, axis] for axis in range(3))
    assert (np.diff(solved[..., 0], axis=1) == 1).all()  # consecutive frames
    for axis in (1, 2):  # one place for all frames of a piece
        assert (solved[..., axis] == solved[:, :1, ..., axis]).all()
    if spatial:
        assert np.ptp(times) <= 8 - 4
        assert (rows // 10).tolist() == [0, 0, 1, 1] and (columns // 10).tolist() == [0, 1, 0, 1]
    else:
        assert len(set(rows // 10)) == len(set(columns // 10)) == 1
        # each in its cell of time, whatever the places in them
        assert any(((times - first) // 8 == np.arange(4)).all() for first in range(frames))
        assert (np.diff(times) >= 4).all()
    # no piece reaches over its cell
    assert (rows % 10).max() <= 10 - PIECE and (columns % 10).max() <= 10 - PIECE


def test_orders_kinds_and_places_are_all_drawn():
    drawn = [draw(60, seed) for seed in range(300)]
    assert len({results['label'].item() for results in drawn}) == 24
    kinds = [len(np.unique(results['cells'], axis=0)) for results in drawn]
    assert set(kinds) == {1, 4} and 110 < kinds.count(4) < 190
    corners = np.concatenate([cut(draw(60, seed))[:, 0, 0, 0] for seed in range(30)])
    assert set(corners[:, 1] % 10) == set(corners[:, 2] % 10) == {0, 1, 2, 3}
    starts = [draw(32, seed, spatial=0.0)['frame_inds'][::4] for seed in range(40)]
    assert set(np.sort(starts)[:, 3]) == {24, 25, 26, 27, 28}


@pytest.mark.parametrize(('frames', 'step'), [(31, 7), (16, 4), (14, 3), (7, 1), (2, 1)])
def test_cells_shrink_then_pieces_overlap(frames, step):
    for seed in range(30):
        results = draw(frames, seed, spatial=0.0)
        assert results['short_video'] and results['frame_inds'].max() < frames
        if frames > 7:
            starts = np.sort(results['frame_inds'][::4])
            slack = max(step - 4, 0)
            assert (abs(np.diff(starts) - step) <= slack).all()


@pytest.mark.parametrize(
    ('options', 'word'), [(dict(cell_len=3), 'cell_len'), (dict(spatial=1.5), 'spatial')]
)
def test_wrong_arguments_are_named(options, word):
    with pytest.raises(ValueError, match=word):
        draw(60, 0, **options)


def test_pieces_fit_into_their_cells():
    with pytest.raises(ValueError, match='pieces of 11 pixels need frames of twice that'):
        CropPieces(11)(dict(img_shape=(SIDE, SIDE)))
