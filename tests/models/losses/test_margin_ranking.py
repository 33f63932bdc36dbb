"""The ranking of two keys: against a slow loop, released code's numbers, and at its edges."""

from __future__ import annotations

import math

import pytest
import torch
from mmaction.registry import MODELS

from mlfo_mm.models.losses import MarginRankingLoss, info_nce, margin_ranking


def slow_margin_ranking(queries, like, unlike, temperature, margin, h):
    total = 0.0
    for q, near, far in zip(queries, like, unlike, strict=True):
        ahead = math.log(h(q, near, temperature)) - math.log(h(q, far, temperature))
        total += max(0.0, margin - ahead)
    return total / len(queries)


@pytest.mark.parametrize(('temperature', 'margin'), [(0.07, 2.0), (0.5, 1.0)])
def test_equals_the_equation(temperature, margin, double, h):
    tensors = [double(6, 5) for _ in range(3)]
    expected = slow_margin_ranking(*tensors, temperature, margin, h)
    assert margin_ranking(*tensors, temperature, margin).item() == pytest.approx(expected, abs=1e-5)


def wave(rows: int, step: float) -> torch.Tensor:
    return torch.sin(step * torch.arange(1, 5 * rows + 1, dtype=torch.float64)).view(rows, 5)


def test_numbers_of_the_released_code():
    """Of PeihaoChen/RSPNet: its model's logits and its loss on these embeddings, in float64."""
    shows, like, unlike = wave(3, 1.0), wave(3, 1.3), wave(3, 1.7)
    old = wave(6, 2.3)
    appearance = info_nce(shows, like, old) + info_nce(shows, unlike, old)
    assert appearance.item() == pytest.approx(13.44063279674263, abs=1e-12)
    speed = margin_ranking(wave(3, 1.1), wave(3, 1.4), wave(3, 1.9))
    assert speed.item() == pytest.approx(7.91124250572589, abs=1e-12)


def test_a_margin_ahead_is_enough_and_a_tie_costs_the_margin():
    query = torch.tensor([[1.0, 0.0]])
    loss = MarginRankingLoss(temperature=0.1, margin=2.0, loss_weight=3.0)
    ahead = torch.tensor([[0.2, math.sqrt(1 - 0.04)]])  # by 2 of cosine 0.2 over 0.1
    apart = torch.tensor([[0.0, 1.0]])
    for like, unlike, value, right in ((ahead, apart, 0, 1), (query, apart, 0, 1),
                                       (apart, apart, 6, 0), (apart, query, 36, 0)):  # fmt: skip
        found, accuracy = loss.loss_and_accuracy(query, like, unlike)
        assert found.item() == pytest.approx(value, abs=1e-5) and accuracy == right


def test_gradient_and_registration(double):
    tensors = [double(3, 4).requires_grad_() for _ in range(3)]
    assert torch.autograd.gradcheck(lambda *z: margin_ranking(*z, 0.5, 5.0), tensors)
    module = MODELS.build(dict(type='MarginRankingLoss', loss_weight=2.0))
    torch.testing.assert_close(module(*tensors), 2 * margin_ranking(*tensors))


@pytest.mark.parametrize(
    ('shapes', 'temperature', 'message'),
    [
        (((2, 4), (2, 4), (3, 4)), 0.07, 'same shape'),
        (((0, 4), (0, 4), (0, 4)), 0.07, 'at least 1 sample'),
        (((2, 4), (2, 4), (2, 4)), 0, 'temperature must be above 0'),
    ],
)
def test_errors(shapes, temperature, message):
    with pytest.raises(ValueError, match=message):
        margin_ranking(*map(torch.ones, shapes), temperature)
