"""Clips that are told from each other: at the right speeds and places, for videos of every length."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from mlfo_mm.datasets import SampleGlobalLocal, SampleRelativeSpeeds

SEEDS = st.integers(0, 2**31)


def clips(sampler, frames: int, seed: int | None = None) -> tuple[np.ndarray, dict]:
    if seed is not None:
        np.random.seed(seed)
    results = sampler(dict(total_frames=frames))
    return results['frame_inds'].reshape(results['num_clips'], -1), results


@settings(max_examples=100)
@given(st.integers(31, 200), SEEDS)
def test_like_has_the_clip_s_speed_and_unlike_begins_where_like_does(frames, seed):
    (clip, like, unlike), results = clips(SampleRelativeSpeeds(16), frames, seed)
    speeds = [set(np.diff(each)) for each in (clip, like, unlike)]
    assert speeds in ([{1}, {1}, {2}], [{2}, {2}, {1}])
    assert like[0] == unlike[0]
    assert results['view_groups'] == ((0,), (1, 2)) and not results['short_video']
    assert max(clip[0], like[0]) <= frames - 31  # where the fast one fits, whichever it is


def test_speeds_and_starts_are_drawn_evenly_and_apart():
    np.random.seed(0)
    drawn = [clips(SampleRelativeSpeeds(4, 3), 25)[0] for _ in range(2000)]  # 7 starts
    slow = np.array([clip[1] - clip[0] == 3 for clip, *_ in drawn])
    starts = np.array([[clip[0], like[0]] for clip, like, _ in drawn])
    assert abs(slow.mean() - 0.5) < 0.04
    for column in starts.T:
        for part in (column[slow], column[~slow]):  # a start does not tell the speed
            assert stats.chisquare(np.bincount(part, minlength=7)).pvalue > 1e-3
    assert abs(np.corrcoef(starts.T)[0, 1]) < 0.06


@settings(max_examples=150)
@given(st.integers(1, 30), SEEDS)
def test_short_videos_shrink_the_speeds_and_never_show_a_frame_twice(frames, seed):
    (clip, like, unlike), results = clips(SampleRelativeSpeeds(16), frames, seed)
    assert results['short_video']
    if frames < 16:  # nothing is left to tell
        assert clip.tolist() == like.tolist() == unlike.tolist() == [i % frames for i in range(16)]
    else:
        fast, slow = (like, unlike) if like[-1] > unlike[-1] else (unlike, like)
        assert fast.tolist() == (np.arange(16) * (frames - 1) / 15).astype(int).tolist()
        assert slow.tolist() == list(range(16))


def test_speeds_must_differ():
    with pytest.raises(ValueError, match='at least 2 different ones'):
        SampleRelativeSpeeds(speeds=(2, 2))
    with pytest.raises(ValueError, match='speeds=0'):
        SampleRelativeSpeeds(speeds=(0, 2))


@settings(max_examples=100)
@given(st.integers(1, 200), SEEDS)
def test_short_clips_fill_the_long_one_twice(frames, seed):
    shown, results = clips(SampleGlobalLocal(), frames, seed)
    assert results['num_clips'] == 10 and results['view_groups'] == tuple((v,) for v in range(10))
    assert np.array_equal(shown[:5], shown[5:])
    long, short = shown[0], shown[1:5].ravel()
    assert np.array_equal(long, short[::4])  # step t is in short clip t // 4
    assert results['short_video'] == (frames < 64)
    if frames >= 64:
        assert (np.diff(short) == 1).all() and (np.diff(long) == 4).all()
    else:  # slowed over the whole video
        assert short[0] == 0 and short[-1] == frames - 1 and set(np.diff(short)) <= {0, 1}


def test_long_clips_begin_anywhere_that_they_fit():
    np.random.seed(0)
    starts = [clips(SampleGlobalLocal(8, 4, 2), 33)[0][0, 0] for _ in range(300)]
    assert set(starts) == {0, 1, 2}  # 16 frames, 2 apart: 31 of the video
    shown = clips(SampleGlobalLocal(8, 4, 2), 31)[0]
    assert shown[:3, [0, -1]].tolist() == [[0, 28], [0, 14], [16, 30]]


def test_short_clips_must_divide_the_long_one():
    with pytest.raises(
        ValueError, match='num_local=3: must divide clip_len=16 and frame_interval=4'
    ):
        SampleGlobalLocal(num_local=3)
