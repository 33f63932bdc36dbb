"""Masked prediction of CBT against a slow loop, and its edges."""

from __future__ import annotations

import math

import pytest
import torch
from mmaction.registry import MODELS

from mlfo_mm.models.losses import MaskedPredictionLoss, masked_prediction

MASKED = torch.tensor([[True, False, False], [False, True, True]])


@pytest.mark.parametrize('first', [0, 1])
@pytest.mark.parametrize('temperature', [0.07, 0.5])
def test_equals_the_equation(h, double, first, temperature):
    predictions, targets = double(2, 3, 6), double(3, 3, 6)
    losses = []
    for n, t in ((0, 0), (1, 1), (1, 2)):
        scores = [h(predictions[n, t], true, temperature) for true in targets.flatten(0, 1)]
        losses.append(-math.log(scores[3 * (n + first) + t] / sum(scores)))
    found = masked_prediction(predictions, targets, MASKED, temperature, first)
    assert found.item() == pytest.approx(sum(losses) / 3, abs=1e-5)


def test_gradient_and_places_that_are_not_masked(double):
    predictions, targets = double(2, 3, 4).requires_grad_(), double(2, 3, 4).requires_grad_()
    compute = lambda p, t: masked_prediction(p, t, MASKED, 0.3)  # noqa: E731
    assert torch.autograd.gradcheck(compute, (predictions, targets))
    compute(predictions, targets).backward()
    assert ((predictions.grad != 0).any(2) == MASKED).all()
    assert (targets.grad != 0).any(2).all()


def test_closed_forms():
    eye = torch.eye(6).view(2, 3, 6)
    loss, accuracy = MaskedPredictionLoss(0.5).loss_and_accuracy(eye, eye, MASKED)
    assert loss.item() == pytest.approx(math.log((math.e**2 + 5) / math.e**2), abs=1e-5)
    assert accuracy == 1
    # a video's blocks are all alike: which of three it was, cannot be told
    alike = torch.eye(2)[:, None].expand(-1, 3, -1)
    loss, accuracy = MaskedPredictionLoss(0.01).loss_and_accuracy(alike, alike, MASKED)
    assert loss.item() == pytest.approx(math.log(3), abs=1e-5) and accuracy == 0


def test_module_is_registered_and_weighted(double):
    tensors = double(2, 3, 6), double(2, 3, 6), MASKED
    module = MODELS.build(dict(type='MaskedPredictionLoss', temperature=0.2, loss_weight=3.0))
    torch.testing.assert_close(module(*tensors), 3 * masked_prediction(*tensors, 0.2))


def test_errors():
    ones = torch.ones(2, 3, 4)
    with pytest.raises(ValueError, match=r'sequences .*\(2, 3, 4\) and \(2, 2, 4\)'):
        masked_prediction(ones, ones[:, :2], MASKED)
    with pytest.raises(ValueError, match=r'a mask \(2, 3\) of at least one'):
        masked_prediction(ones, ones, torch.zeros(2, 3, dtype=torch.bool))
    with pytest.raises(ValueError, match='samples 1 to 2 of 2 asked for'):
        masked_prediction(ones, ones, MASKED, first=1)
    with pytest.raises(ValueError, match='temperature must be above 0'):
        MaskedPredictionLoss(temperature=0)
