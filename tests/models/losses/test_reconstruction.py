"""PRP's reconstruction: weights by motion and the error, against a slow loop and public numbers."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
import torch

from mlfo_mm.models import ReconstructionLoss
from mlfo_mm.models.losses import motion_attention, reconstruction
from mlfo_mm.models.losses.reconstruction import real_frames

LENGTH, SIZE = 8, 32  # frames of a clip; windows of 8 pixels, 2 apart


def slow_maps(video: torch.Tensor, rate: int) -> torch.Tensor:
    """Weights before they are spread over the pixels, (3, 2L, h, w), of a video (3, r L, H, W)."""
    side = (SIZE - 8) // 2 + 1
    maps = torch.ones(3, 2 * LENGTH, side, side, dtype=video.dtype)
    for stretch in range(rate):
        shown = [stretch * LENGTH + frame for frame in (0, 2, 5, 7)]
        if rate > 2:  # the reconstruction has every (r / 2)-th frame
            shown = [frame // (rate // 2) * (rate // 2) for frame in shown]
        change = torch.zeros(3, side, side, dtype=video.dtype)
        for c in range(3):
            for i in range(side):
                for j in range(side):
                    for a, b in pairwise(shown):
                        tile = video[c, :, 2 * i : 2 * i + 8, 2 * j : 2 * j + 8]
                        change[c, i, j] += ((tile[b] - tile[a]) ** 2).mean() / 3
        spread = [(change[c].max() - change[c].min()).item() for c in range(3)]
        part = slice(stretch * 2 * LENGTH // rate, (stretch + 1) * 2 * LENGTH // rate)
        for c in range(3):
            if max(spread) > 0:
                share = (change[c] - change[c].min() + 1e-6) / (spread[c] + 1e-6)
                maps[c, part] = 0.8 + 1.2 * share
    return maps


def in_turn(video: torch.Tensor, rate: int) -> torch.Tensor:
    shown = video[:, ::rate]
    return torch.stack([shown, video[:, rate // 2 :: rate] if rate > 1 else shown], 2).flatten(1, 2)


def test_weights_of_a_batch_of_all_rates():
    torch.manual_seed(0)
    rates, frames, expected = [1, 2, 4, 8, 2], [], []
    for number, rate in enumerate(rates):
        video = torch.rand(3, rate * LENGTH, SIZE, SIZE, dtype=torch.float64)
        if number == 4:
            video[:, :LENGTH] = video[
                :, :1
            ]  # a stretch stands still, in the other one channel does
            video[0] = 0.5
        frames.append(in_turn(video, rate))
        expected.append(slow_maps(video, rate))
    size = (2 * LENGTH, SIZE, SIZE)
    wanted = torch.nn.functional.interpolate(torch.stack(expected), size, mode='trilinear')
    found = motion_attention(torch.stack(frames), torch.tensor(rates))
    torch.testing.assert_close(found, wanted, rtol=0, atol=1e-10)
    assert (found[4, :, :LENGTH] == 1).all()


def wave(frames: int) -> torch.Tensor:
    t, y = torch.arange(frames)[:, None, None], torch.arange(112)[:, None] / 112
    x = torch.arange(112) / 112
    waves = [torch.sin(0.3 * (c + 1) * t * (1 + x) + 4 * y * x + c) for c in range(3)]
    return torch.stack(waves) / 2 + 0.5


@pytest.mark.parametrize(
    ('rate', 'weights', 'loss'),
    [
        (1, [0.974257634, 1.143517593, 1.145281460, 1.903401506], 0.1164651736292683),
        (2, [0.974257634, 1.143517593, 1.314314669, 1.708142190], 0.11905976466411669),
    ],
)
def test_numbers_of_the_released_code(rate, weights, loss):
    target = in_turn(wave(16 * rate).double(), rate)[None]
    objective = ReconstructionLoss()
    rates = torch.tensor([rate])
    found = motion_attention(target, rates)[0]
    places = ((0, 0, 0, 0), (1, 7, 50, 60), (2, 31, 111, 3), (0, 20, 80, 100))
    assert [found[place].item() for place in places] == pytest.approx(weights, abs=1e-5)
    predicted = 0.5 * target.roll(1, 4)
    error = objective(predicted, target, objective.weigh(target, rates))
    assert error.item() == pytest.approx(loss, abs=1e-5)


def test_what_moves_weighs_most():
    frames = torch.zeros(1, 3, 2 * LENGTH, SIZE, SIZE)
    for step in range(2 * LENGTH):
        frames[0, :, step, 20:24, 4 + step : 8 + step] = 1
    weights = motion_attention(frames, torch.tensor([2]))[0, 0, 0]
    assert weights.max() == 2 and weights[20:24, 8:12].min() > 1.7 and weights[:10].max() < 0.81


def test_error_is_of_the_frames_that_the_video_has():
    torch.manual_seed(0)
    predicted, target = torch.randn(2, 2, 3, 4, 5, 5, dtype=torch.float64).requires_grad_()
    weights = torch.rand(2, 3, 4, 5, 5, dtype=torch.float64) + 0.1
    rates = torch.tensor([1, 2])
    real = real_frames(rates, 4)
    assert real.tolist() == [[True, False, True, False], [True] * 4]
    expected = 0.0
    for n, shown in ((0, (0, 2)), (1, (0, 1, 2, 3))):
        for t in shown:
            error = weights[n, :, t] * (predicted[n, :, t] - target[n, :, t]) ** 2
            expected += error.mean() / len(shown) / 2
    found = reconstruction(predicted, target, weights * real[:, None, :, None, None])
    torch.testing.assert_close(found, expected)
    gradient = torch.autograd.grad(found, [predicted, target], allow_unused=True)
    assert gradient[1] is None and (gradient[0][0, :, 1::2] == 0).all()
    assert math.isclose(reconstruction(target, target, weights).item(), 0)


@pytest.mark.parametrize('word', ['low', 'high'])
def test_weights_are_above_0(word):
    with pytest.raises(ValueError, match=word):
        ReconstructionLoss(**{word: 0.0})
