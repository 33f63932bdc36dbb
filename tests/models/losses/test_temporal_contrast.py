"""Contrast among the clips of a video: against a slow loop, at its matches, at its edges."""

from __future__ import annotations

import math

import pytest
import torch
from mmaction.registry import MODELS

from mlfo_mm.models.losses import TemporalContrastLoss, nt_xent, temporal_contrast


def slow_temporal_contrast(z1, z2, temperature, h):
    total, count = 0.0, 0
    for views in (z1, z2), (z2, z1):
        for own, other in zip(*views, strict=True):
            for clip in range(len(own)):
                everything = sum(
                    h(own[clip], z[k], temperature)
                    for z in (own, other)
                    for k in range(len(own))
                    if k != clip
                )
                positive = h(own[clip], other[clip], temperature)
                total -= math.log(positive / (positive + everything))
                count += 1
    return total / count


@pytest.mark.parametrize('shape', [(3, 4, 5), (1, 2, 3)])
def test_equals_the_equation_and_is_that_of_each_video_alone(shape, double, h):
    z1, z2 = double(*shape), double(*shape)
    expected = slow_temporal_contrast(z1, z2, 0.3, h)
    assert temporal_contrast(z1, z2, 0.3).item() == pytest.approx(expected, abs=1e-5)
    alone = [nt_xent(a, b, 0.3) for a, b in zip(z1, z2, strict=True)]
    torch.testing.assert_close(temporal_contrast(z1, z2, 0.3), torch.stack(alone).mean())
    torch.testing.assert_close(temporal_contrast(z2, z1, 0.3), temporal_contrast(z1, z2, 0.3))


def test_the_same_clip_in_the_other_view_is_right_and_other_videos_do_not_count():
    z = torch.eye(4).expand(2, 4, 4)  # both videos alike
    loss, accuracy = TemporalContrastLoss(0.05, loss_weight=2.0).loss_and_accuracy(z, z)
    assert loss < 1e-6 and accuracy == 1
    loss, accuracy = TemporalContrastLoss(0.05, loss_weight=2.0).loss_and_accuracy(z, z.roll(1, 1))
    assert loss.item() == pytest.approx(40, rel=1e-3) and accuracy == 0
    same = torch.ones(2, 4, 3)
    loss, accuracy = TemporalContrastLoss().loss_and_accuracy(same, same)
    assert loss.item() == pytest.approx(math.log(7)) and accuracy == 0


def test_gradient_and_registration(double):
    tensors = [double(2, 3, 4).requires_grad_() for _ in range(2)]
    assert torch.autograd.gradcheck(lambda *z: temporal_contrast(*z, 0.5), tensors)
    module = MODELS.build(dict(type='TemporalContrastLoss', loss_weight=2.0))
    torch.testing.assert_close(module(*tensors), 2 * temporal_contrast(*tensors))


@pytest.mark.parametrize(
    'shapes', [((2, 3), (2, 3)), ((2, 1, 3), (2, 1, 3)), ((2, 3, 4), (2, 2, 4))]
)
def test_errors(shapes):
    with pytest.raises(ValueError, match='needs two views of N >= 1 videos and at least 2 clips'):
        temporal_contrast(*map(torch.ones, shapes))
