"""PRP's views: a clip at a rate and the frames between, on frames that carry their index."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlfo_mm.datasets import SamplePlayback

RATES = (1, 2, 4, 8)


def draw(frames: int, seed: int, **options) -> tuple[np.ndarray, int, dict]:
    np.random.seed(seed)
    results = SamplePlayback(**options)(dict(total_frames=frames, label=7))
    assert results['label'].shape == (1, 1) and results['view_groups'] == ((0, 1),)
    return results['frame_inds'].reshape(2, -1), RATES[results['label'].item()], results


@settings(max_examples=100, deadline=None)
@given(st.integers(128, 300), st.integers(0, 2**31))
def test_both_views_in_turn_are_the_clip_at_half_the_rate(frames, seed):
    (shown, between), rate, results = draw(frames, seed)
    assert not results['short_video'] and max(shown.max(), between.max()) < frames
    assert (np.diff(shown) == rate).all()
    if rate == 1:
        assert (between == shown).all()
    else:
        assert (np.diff(np.stack([shown, between], 1).ravel()) == rate // 2).all()


def test_every_rate_is_drawn_and_the_last_start_too():
    drawn = [draw(128, seed) for seed in range(200)]
    assert min(np.bincount([results['label'].item() for *_, results in drawn])) > 30
    assert {clips[0, 0] for clips, rate, _ in drawn if rate == 8} == {0}
    starts = {draw(17, seed, rates=(1, 2))[0][0, 0] for seed in range(40)}
    assert starts == {0, 1}


@pytest.mark.parametrize(
    ('frames', 'rates'), [(127, {1, 2, 4}), (64, {1, 2, 4}), (31, {1}), (5, {1})]
)
def test_rates_that_do_not_fit_are_not_drawn(frames, rates):
    drawn = [draw(frames, seed) for seed in range(60)]
    assert {rate for _, rate, _ in drawn} == rates
    assert all(clips.max() < frames and results['short_video'] for clips, _, results in drawn)


@pytest.mark.parametrize('rates', [(1, 3), (2, 2), (0, 2)])
def test_rates_must_be_halved(rates):
    with pytest.raises(ValueError, match=r'rates=.*each 1 or even'):
        SamplePlayback(rates=rates)
