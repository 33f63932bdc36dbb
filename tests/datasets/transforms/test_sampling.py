"""Frame indices of the samplers, for videos of every length."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from mlfo_mm.datasets import (
    SampleBlocks,
    SampleClips,
    SampleMLFOClips,
    SampleTwoClips,
    SampleTwoSegments,
)

FRAMES = st.integers(1, 400)
LENGTHS = st.integers(1, 20)
SEEDS = st.integers(0, 2**31)


def sample(sampler, frames: int, seed: int | None = None, **extra) -> dict:
    if seed is not None:
        np.random.seed(seed)
    return sampler(dict(total_frames=frames, **extra))


@settings(max_examples=300, deadline=None)
@given(FRAMES, LENGTHS, SEEDS)
def test_mlfo_views(frames, clip_len, seed):
    results = sample(SampleMLFOClips(clip_len), frames, seed)
    inds, rate, length = results['frame_inds'], results['frame_interval'], 2 * clip_len
    assert inds.shape == (3 * clip_len,) and results['num_clips'] == 3
    assert results['clip_len'] == clip_len
    assert inds.min() >= 0 and inds.max() <= frames - 1
    assert results['short_video'] == (frames < length)
    short, strided = inds[:length], inds[length:]
    assert strided.tolist() == short[::2].tolist()
    if frames < length:
        assert short.tolist() == [i % frames for i in range(length)]
    else:
        assert 1 <= rate <= min(3.0, frames / length)
        start = short[0]
        assert short.tolist() == np.round(rate * np.arange(length) + start).tolist()
        assert start + length * rate <= frames


@settings(max_examples=100, deadline=None)
@given(FRAMES, LENGTHS, SEEDS)
def test_mlfo_full_long_view_repeats_the_short_ones(frames, clip_len, seed):
    results = sample(SampleMLFOClips(clip_len, long_view='full'), frames, seed)
    strided = sample(SampleMLFOClips(clip_len), frames, seed)
    a, b, first, second = results['frame_inds'].reshape(4, clip_len).tolist()
    assert a + b == strided['frame_inds'][: 2 * clip_len].tolist()
    assert (first, second) == (a, b)
    assert results['view_groups'] == ((0,), (1,), (2, 3)) and results['num_clips'] == 4


@settings(max_examples=100, deadline=None)
@given(LENGTHS, SEEDS, st.data())
def test_mlfo_slows_short_videos_over_their_whole_length(clip_len, seed, data):
    frames = data.draw(st.integers(1, 2 * clip_len - 1))
    results = sample(SampleMLFOClips(clip_len, short='slow'), frames, seed)
    inds = results['frame_inds'][: 2 * clip_len]
    assert results['short_video'] and results['frame_interval'] == frames / (2 * clip_len)
    assert inds[0] == 0 and inds[-1] == frames - 1
    assert (np.diff(inds) >= 0).all() and (np.diff(inds) <= 1).all()


def test_mlfo_takes_every_frame_where_there_is_no_choice():
    assert sample(SampleMLFOClips(), 32)['frame_inds'][:32].tolist() == list(range(32))


def test_mlfo_rate_and_start_are_uniform():
    np.random.seed(0)
    drawn = [sample(SampleMLFOClips(), 120) for _ in range(2000)]
    rates = np.array([d['frame_interval'] for d in drawn])
    assert stats.kstest(rates, stats.uniform(1, 2).cdf).pvalue > 1e-3
    room = np.array([int(120 - 32 * rate) for rate in rates])
    starts = np.array([d['frame_inds'][0] for d in drawn])
    assert (starts <= room).all() and (starts == room).any() and (starts == 0).any()
    assert abs((starts[room > 0] / room[room > 0]).mean() - 0.5) < 0.03


def test_mlfo_rate_is_capped_by_the_length_and_by_max_rate():
    np.random.seed(0)
    rates = [sample(SampleMLFOClips(), 48)['frame_interval'] for _ in range(500)]
    assert 1.48 < max(rates) <= 1.5
    rates = [sample(SampleMLFOClips(max_rate=2), 300)['frame_interval'] for _ in range(500)]
    assert 1.98 < max(rates) <= 2.0


@pytest.mark.parametrize('mode', ['adjacent', 'uniform', 'cvrl'])
@settings(max_examples=150, deadline=None)
@given(frames=FRAMES, clip_len=LENGTHS, interval=st.integers(1, 5), seed=SEEDS)
def test_two_clips(mode, frames, clip_len, interval, seed):
    results = sample(SampleTwoClips(clip_len, interval, mode), frames, seed)
    inds = results['frame_inds'].reshape(2, clip_len)
    assert inds.min() >= 0 and inds.max() <= frames - 1
    steps = np.arange(clip_len) * interval
    assert (inds == (inds[:, :1] + steps) % frames).all()
    reach = ((2 if mode == 'adjacent' else 1) * clip_len - 1) * interval + 1
    assert results['short_video'] == (frames < reach)
    if frames >= reach:
        assert (inds == inds[:, :1] + steps).all()
    if mode == 'adjacent':
        assert inds[1, 0] == (inds[0, 0] + clip_len * interval) % frames
    assert results['num_clips'] == 2 and results['view_groups'] == ((0,), (1,))


def distances(mode: str, num_starts: int, draws: int = 4000) -> np.ndarray:
    np.random.seed(0)
    sampler = SampleTwoClips(8, 1, mode)
    starts = [sample(sampler, num_starts + 7)['frame_inds'][[0, 8]] for _ in range(draws)]
    return np.diff(np.array(starts)).ravel()


def test_cvrl_distances_fall_linearly():
    signed = distances('cvrl', 10)
    expected = (2 * np.arange(10, 0, -1) - 1) / 100
    counts = np.bincount(abs(signed), minlength=10)
    assert stats.chisquare(counts, expected * len(signed)).pvalue > 1e-3
    assert abs((signed > 0).mean() - (signed < 0).mean()) < 0.05


def test_uniform_starts_are_independent():
    counts = np.bincount(abs(distances('uniform', 10)), minlength=10)
    expected = np.array([10, *(2 * np.arange(9, 0, -1))]) / 100
    assert stats.chisquare(counts, expected * counts.sum()).pvalue > 1e-3


@settings(max_examples=200, deadline=None)
@given(FRAMES, LENGTHS, st.integers(1, 10), st.integers(1, 5), SEEDS)
def test_blocks_follow_each_other(frames, block_len, num_blocks, interval, seed):
    results = sample(SampleBlocks(block_len, num_blocks, interval), frames, seed)
    inds, length = results['frame_inds'], block_len * num_blocks
    assert inds.shape == (length,) and inds.min() >= 0 and inds.max() < frames
    assert (results['clip_len'], results['num_clips']) == (block_len, num_blocks)
    assert results['view_groups'] == (tuple(range(num_blocks)),)
    step = results['frame_interval']
    assert results['short_video'] == (frames < (length - 1) * interval + 1)
    if frames >= length:
        assert (np.diff(inds) == step).all()
        # the largest interval that fits
        assert length == 1 or step == interval or (length - 1) * (step + 1) >= frames
    else:
        assert step == 1 and (np.diff(inds) % frames == 1 % frames).all()


def test_blocks_start_anywhere_that_they_fit():
    starts = {sample(SampleBlocks(), 121, seed)['frame_inds'][0] for seed in range(60)}
    assert starts == {0, 1, 2, 3}  # 8 blocks of 5 frames, 3 apart: 118 frames


@pytest.mark.parametrize(('frames', 'step'), [(118, 3), (117, 2), (79, 2), (78, 1), (40, 1)])
def test_a_short_video_s_blocks_are_closer(frames, step):
    assert sample(SampleBlocks(), frames, 0)['frame_interval'] == step


def test_start_index_is_added():
    assert sample(SampleMLFOClips(), 32, start_index=1)['frame_inds'][0] == 1


@pytest.mark.parametrize(
    ('build', 'word'),
    [
        (lambda: SampleMLFOClips(0), 'clip_len'),
        (lambda: SampleMLFOClips(max_rate=0.5), 'max_rate'),
        (lambda: SampleMLFOClips(long_view='half'), 'long_view'),
        (lambda: SampleMLFOClips(short='drop'), 'short'),
        (lambda: SampleTwoClips(8, 0), 'frame_interval'),
        (lambda: SampleTwoClips(8, mode='near'), 'mode'),
        (lambda: SampleBlocks(num_blocks=0), 'num_blocks'),
    ],
)
def test_wrong_arguments_are_named(build, word):
    with pytest.raises(ValueError, match=word):
        build()


@settings(max_examples=200, deadline=None)
@given(frames=FRAMES, clip_len=LENGTHS, interval=st.integers(1, 5), seed=SEEDS)
def test_two_segments(frames, clip_len, interval, seed):
    results = sample(SampleTwoSegments(clip_len, interval), frames, seed)
    anchor, positive, other = results['frame_inds'].reshape(3, clip_len)
    assert results['view_groups'] == ((0,), (1,), (2,)) and results['num_clips'] == 3
    assert (anchor == positive).all()
    steps = np.arange(clip_len) * interval
    for clip in (anchor, other):
        assert (clip == (clip[0] + steps) % frames).all()
    # of s starts the first may be one that has no other two frames away
    starts = frames - steps[-1]
    assert results['short_video'] == (starts < 3 or (starts == 3 and anchor[0] == 1))
    if not results['short_video']:
        assert abs(other[0] - anchor[0]) >= 2
        assert max(anchor[-1], other[-1]) < frames  # no cut, which would betray the other clip


def test_two_segments_are_drawn_alike():
    np.random.seed(0)
    drawn = [sample(SampleTwoSegments(8, 2), 24)['frame_inds'][[0, 16]] for _ in range(4000)]
    counts = np.zeros((10, 10))
    for first, other in drawn:
        counts[first, other] += 1
    assert stats.chisquare(counts.sum(1)).pvalue > 1e-3
    for first, row in enumerate(counts):
        allowed = [abs(first - other) >= 2 for other in range(10)]
        assert stats.chisquare(row[allowed]).pvalue > 1e-4 and row.sum() == row[allowed].sum()


def test_clips_start_anywhere_that_they_fit():
    def draw(frames, seed):
        np.random.seed(seed)
        results = SampleClips(4, 2, num_clips=2)(dict(total_frames=frames))
        return results['frame_inds'].reshape(2, 4), results

    drawn = [draw(9, seed) for seed in range(60)]
    assert all((np.diff(clips) == 2).all() and not r['short_video'] for clips, r in drawn)
    starts = np.array([clips[:, 0] for clips, _ in drawn])
    assert set(starts.ravel()) == {0, 1, 2} and (starts[:, 0] != starts[:, 1]).any()
    clips, results = draw(6, 0)
    assert results['short_video'] and results['view_groups'] == ((0,), (1,))
    assert clips.tolist() == [[0, 2, 4, 0]] * 2
