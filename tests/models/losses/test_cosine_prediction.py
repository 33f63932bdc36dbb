"""BYOL's Eq. 2 against a slow loop, and its edges."""

from __future__ import annotations

import math

import pytest
import torch
from mmaction.registry import MODELS

from mlfo_mm.models.losses import cosine_prediction


def slow_cosine_prediction(predictions, targets):
    total = 0.0
    for p, t in zip(predictions.tolist(), targets.tolist(), strict=True):
        p_norm, t_norm = (math.sqrt(sum(x * x for x in v)) for v in (p, t))
        total += sum((a / p_norm - b / t_norm) ** 2 for a, b in zip(p, t, strict=True))
    return total / len(predictions)


def test_equals_the_squared_distance_on_the_sphere(double):
    predictions, targets = double(5, 6), double(5, 6)
    expected = slow_cosine_prediction(predictions, targets)
    assert cosine_prediction(predictions, targets).item() == pytest.approx(expected, abs=1e-5)
    single = cosine_prediction(predictions.bfloat16(), targets.bfloat16())
    assert single.dtype == torch.float32
    assert single.item() == pytest.approx(expected, rel=0.05)


def test_closed_forms():
    eye = torch.eye(3)
    assert cosine_prediction(eye, 5 * eye) == 0
    assert cosine_prediction(eye, -eye) == 4
    assert cosine_prediction(eye, eye.roll(1, 0)) == 2


def test_targets_get_no_gradient(double):
    predictions, targets = double(3, 4).requires_grad_(), double(3, 4).requires_grad_()
    cosine_prediction(predictions, targets).backward()
    assert predictions.grad.abs().sum() > 0 and targets.grad is None
    assert torch.autograd.gradcheck(lambda p: cosine_prediction(p, targets), predictions)


def test_module_is_registered_and_weighted(double):
    predictions, targets = double(3, 4), double(3, 4)
    module = MODELS.build(dict(type='CosinePredictionLoss', loss_weight=0.5))
    torch.testing.assert_close(
        module(predictions, targets), 0.5 * cosine_prediction(predictions, targets)
    )


def test_errors():
    with pytest.raises(ValueError, match='same shape'):
        cosine_prediction(torch.ones(3, 4), torch.ones(2, 4))
    with pytest.raises(ValueError, match='at least 1 sample'):
        cosine_prediction(torch.ones(0, 4), torch.ones(0, 4))
    assert cosine_prediction(torch.ones(1, 4), torch.ones(1, 4)).item() == pytest.approx(
        0, abs=1e-6
    )
