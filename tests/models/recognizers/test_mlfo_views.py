"""Temporal augmentation and the pairing of steps, on features that carry their index."""

from __future__ import annotations

import pytest
import torch

from mlfo_mm.models.recognizers.mlfo_views import augment_time, pair_steps


def numbered(m: int, t: int) -> torch.Tensor:
    """Features whose value is 100 * clip + step."""
    values = 100 * torch.arange(m)[:, None] + torch.arange(t)
    return values.float()[:, None, :, None, None].expand(m, 2, t, 3, 3).clone()


def test_reverse():
    out = augment_time(numbered(2, 4), 'reverse')
    assert out[1, 0, :, 0, 0].tolist() == [103, 102, 101, 100]


@pytest.mark.parametrize('steps', [2, 3, 8])
def test_shuffle_permutes_within_a_clip_and_never_keeps_the_order(steps):
    torch.manual_seed(0)
    x = numbered(64, steps)
    out = augment_time(x, 'shuffle')
    order = out[:, 0, :, 0, 0]
    assert torch.equal(order.sort(1).values, x[:, 0, :, 0, 0])
    assert (order != x[:, 0, :, 0, 0]).any(1).all()
    assert torch.equal(out[:, 1, :, 2, 2], order)
    if steps > 2:
        assert len({tuple((row - row.min()).tolist()) for row in order}) > 1


def test_shuffling_two_steps_is_reversing():
    assert torch.equal(
        augment_time(numbered(3, 2), 'shuffle'), augment_time(numbered(3, 2), 'reverse')
    )


def test_bad_input():
    with pytest.raises(ValueError, match='at least 2 time steps, the level has 1'):
        augment_time(numbered(2, 1), 'shuffle')
    with pytest.raises(ValueError, match="not 'jitter'"):
        augment_time(numbered(2, 4), 'jitter')


def test_strided_long_clip_pairs_with_averages_of_two_short_steps():
    short = torch.arange(8.0).view(2, 1, 4)  # view A: 0..3, view B: 4..7
    queries, positions = pair_steps(short, torch.zeros(1, 1, 4))
    assert queries.flatten().tolist() == [0.5, 2.5, 4.5, 6.5]
    assert positions.tolist() == [0, 1, 2, 3]


def test_full_long_clip_pairs_with_each_short_step():
    short = torch.arange(8.0).view(2, 1, 4)
    queries, positions = pair_steps(short, torch.zeros(1, 1, 8))
    assert queries.flatten().tolist() == list(range(8))
    assert positions.tolist() == list(range(8))


@pytest.mark.parametrize('length', [1, 3])
def test_odd_long_clips_are_refused(length):
    with pytest.raises(ValueError, match=f'even number of long steps, got {length}'):
        pair_steps(torch.zeros(2, 1, 4), torch.zeros(1, 1, length))
