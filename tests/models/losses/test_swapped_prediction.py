"""Eq. 4 against a slow loop."""

from __future__ import annotations

import math

import pytest
import torch
from mmaction.registry import MODELS

from mlfo_mm.models.losses import sinkhorn, swapped_prediction


def slow_swapped_prediction(logits, targets, temperature):
    num_samples, num_prototypes = logits[0].shape
    total = 0.0
    for i in range(num_samples):
        for a in (0, 1):
            scores = [math.exp(value / temperature) for value in logits[a][i].tolist()]
            for k in range(num_prototypes):
                target = targets[1 - a][i, k].item()
                total -= target * math.log(scores[k] / sum(scores))
    return total / num_samples


@pytest.fixture
def inputs(double):
    logits = [double(5, 4).tanh(), double(5, 4).tanh()]
    return (*logits, *(sinkhorn(scores) for scores in logits))


@pytest.mark.parametrize('temperature', [0.1, 0.5])
def test_equals_the_equation(inputs, temperature):
    expected = slow_swapped_prediction(inputs[:2], inputs[2:], temperature)
    assert swapped_prediction(*inputs, temperature).item() == pytest.approx(expected, abs=1e-5)


def test_default_temperature(inputs):
    assert swapped_prediction(*inputs) == swapped_prediction(*inputs, 0.1)


def test_symmetries(inputs):
    logits1, logits2, targets1, targets2 = inputs
    loss = swapped_prediction(*inputs)
    torch.testing.assert_close(swapped_prediction(logits2, logits1, targets2, targets1), loss)
    order = torch.randperm(5)
    torch.testing.assert_close(swapped_prediction(*(x[order] for x in inputs)), loss)
    torch.testing.assert_close(swapped_prediction(*(x[:, order[order < 4]] for x in inputs)), loss)
    assert swapped_prediction(logits1, logits2, targets2, targets1) != loss


def test_gradient_flows_into_the_logits_only(inputs):
    leaves = [x.clone().requires_grad_() for x in inputs]
    swapped_prediction(*leaves).backward()
    assert leaves[0].grad.abs().sum() > 0 and leaves[1].grad.abs().sum() > 0
    assert leaves[2].grad is None and leaves[3].grad is None
    assert torch.autograd.gradcheck(
        lambda a, b: swapped_prediction(a, b, *inputs[2:], 0.5), tuple(leaves[:2])
    )


def test_finite_in_half_precision_at_low_temperature():
    logits = torch.tensor([[1.0, -1.0], [-1.0, 1.0]]).half().requires_grad_()
    targets = torch.tensor([[0.0, 1.0], [1.0, 0.0]]).half()
    loss = swapped_prediction(logits, logits, targets, targets, 0.01)
    loss.backward()
    assert loss.dtype == torch.float32
    assert loss.item() == pytest.approx(400, rel=1e-4)  # two directions, each 2 / 0.01
    assert logits.grad.isfinite().all()


def test_module_is_registered_and_weighted(inputs):
    module = MODELS.build(dict(type='SwappedPredictionLoss', temperature=0.2, loss_weight=0.5))
    torch.testing.assert_close(module(*inputs), 0.5 * swapped_prediction(*inputs, 0.2))


def test_errors(inputs):
    with pytest.raises(ValueError, match='at least 2 prototypes, got 1: raise num_prototypes'):
        swapped_prediction(*(x[:, :1] for x in inputs))
    with pytest.raises(ValueError, match=r'one shape \(B, K\)'):
        swapped_prediction(inputs[0], *(x[:3] for x in inputs[1:]))
    with pytest.raises(ValueError, match='temperature must be above 0'):
        swapped_prediction(*inputs, 0.0)
