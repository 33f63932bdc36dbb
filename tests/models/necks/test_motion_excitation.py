"""Motion excitation against a loop written from its definition."""

from __future__ import annotations

import pytest
import torch

from mlfo_mm.models import MotionExcitation


@pytest.fixture
def neck() -> MotionExcitation:
    torch.manual_seed(0)
    return MotionExcitation(32, reduction=16).double().eval()


def test_matches_a_loop(neck):
    x = torch.randn(2, 32, 4, 5, 5, dtype=torch.float64)
    expected = torch.empty_like(x)
    for m in range(2):
        for t in range(4):
            if t < 3:
                now = neck.squeeze(x[m : m + 1, :, t])
                after = neck.shift(neck.squeeze(x[m : m + 1, :, t + 1]))
                change = (after - now).mean((2, 3), keepdim=True)
            else:
                change = torch.zeros(1, 2, 1, 1, dtype=torch.float64)
            gate = torch.sigmoid(neck.expand(change)) - 0.5
            expected[m, :, t] = x[m, :, t] * (1 + gate[0])
    torch.testing.assert_close(neck(x), expected, rtol=1e-10, atol=1e-10)


def test_tells_a_clip_from_its_reversal(neck):
    x = torch.randn(1, 32, 4, 5, 5, dtype=torch.float64)
    forward, backward = neck(x).mean(2), neck(x.flip(2)).mean(2)
    assert (forward - backward).abs().max() > 1e-4


def test_narrow_levels_keep_one_channel():
    assert MotionExcitation(8, reduction=16).squeeze[0].out_channels == 1
