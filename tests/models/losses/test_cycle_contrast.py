"""Cycles of CCL against slow loops over all ways, and videos whose answer is known."""

from __future__ import annotations

import math

import pytest
import torch
from mmaction.registry import MODELS

from mlfo_mm.models.losses import CycleContrastLoss, cycle_contrast


def slow(h, videos, frames, temperature) -> float:
    count, each = frames.shape[:2]
    places = [(n, m) for n in range(count) for m in range(each)]

    def to_frame(video, n, m):
        every = sum(h(videos[video], frames[k, o], temperature) for k, o in places)
        return h(videos[video], frames[n, m], temperature) / every

    def to_video(n, m, video):
        every = sum(h(frames[n, m], other, temperature) for other in videos)
        return h(frames[n, m], videos[video], temperature) / every

    whole = [
        -math.log(sum(to_frame(n, k, m) * to_video(k, m, n) for k, m in places))
        for n in range(count)
    ]
    parts = [
        -math.log(
            sum(to_video(n, m, k) * to_frame(k, n, o) for k in range(count) for o in range(each))
        )
        for n, m in places
    ]
    return (sum(whole) / len(whole) + sum(parts) / len(parts)) / 2


@pytest.mark.parametrize('temperature', [0.1, 0.7])
def test_equals_the_equations(h, double, temperature):
    videos, frames = double(3, 5), double(3, 2, 5)
    expected = slow(h, videos, frames, temperature)
    assert cycle_contrast(videos, frames, temperature).item() == pytest.approx(expected, abs=1e-5)
    single = cycle_contrast(videos.float(), frames.float(), temperature)
    assert single.dtype == torch.float32
    assert single.item() == pytest.approx(expected, rel=1e-4)


def test_gradient(double):
    tensors = double(3, 4).requires_grad_(), double(3, 2, 4).requires_grad_()
    assert torch.autograd.gradcheck(lambda v, f: cycle_contrast(v, f, 0.3), tensors)


def test_closed_forms():
    videos = torch.eye(4)
    frames = videos[:, None].expand(-1, 3, -1)
    # each video's frames are its own, and alike: every cycle is closed
    loss, accuracy = CycleContrastLoss(0.01).loss_and_accuracy(videos, frames)
    assert loss.item() == pytest.approx(0, abs=1e-5) and accuracy == 1
    # nothing is told apart
    ones = torch.ones(4, 3)
    loss, accuracy = CycleContrastLoss().loss_and_accuracy(ones, torch.ones(4, 2, 3))
    assert loss.item() == pytest.approx(math.log(4), abs=1e-5) and accuracy == 0
    # two videos share their frames
    shared = torch.eye(2)[[0, 0, 1, 1]]
    loss = cycle_contrast(shared, shared[:, None], 0.01)
    assert loss.item() == pytest.approx(math.log(2), abs=1e-5)
    # each video is nearest to another's frames, which are nearest to that other video: a cycle too
    turned = cycle_contrast(videos, videos.roll(1, 0)[:, None], 0.01)
    assert turned.item() == pytest.approx(0, abs=1e-5)


def test_module_is_registered_and_weighted(double):
    tensors = double(4, 6), double(4, 3, 6)
    module = MODELS.build(dict(type='CycleContrastLoss', temperature=0.2, loss_weight=3.0))
    torch.testing.assert_close(module(*tensors), 3 * cycle_contrast(*tensors, 0.2))


def test_errors():
    with pytest.raises(ValueError, match=r'videos .* and frames .*\(3, 4\) and \(2, 1, 4\)'):
        cycle_contrast(torch.ones(3, 4), torch.ones(2, 1, 4))
    with pytest.raises(ValueError, match='at least 2 samples'):
        cycle_contrast(torch.ones(1, 4), torch.ones(1, 2, 4))
    with pytest.raises(ValueError, match='temperature must be above 0'):
        CycleContrastLoss(temperature=0)
