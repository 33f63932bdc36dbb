"""MoCo's Eq. 1 against a slow loop, and its edges."""

from __future__ import annotations

import math

import pytest
import torch
from mmaction.registry import MODELS

from mlfo_mm.models.losses import InfoNCELoss, info_nce


def slow_info_nce(h, queries, keys, negatives, temperature):
    total = 0.0
    for query, key in zip(queries, keys, strict=True):
        positive = h(query, key, temperature)
        rest = sum(h(query, negative, temperature) for negative in negatives)
        total -= math.log(positive / (positive + rest))
    return total / len(queries)


@pytest.mark.parametrize('count', [1, 7])
@pytest.mark.parametrize('temperature', [0.07, 0.5])
def test_equals_the_equation(h, double, count, temperature):
    tensors = double(4, 6), double(4, 6), double(count, 6)
    expected = slow_info_nce(h, *tensors, temperature)
    assert info_nce(*tensors, temperature).item() == pytest.approx(expected, abs=1e-5)
    single = info_nce(*(tensor.float() for tensor in tensors), temperature)
    assert single.dtype == torch.float32
    assert single.item() == pytest.approx(expected, rel=1e-4)


def test_own_negatives_are_of_one_query_alone(h, double):
    queries, keys, shared, own = double(4, 6), double(4, 6), double(3, 6), double(4, 2, 6)
    expected = sum(
        slow_info_nce(h, queries[i : i + 1], keys[i : i + 1], torch.cat([shared, own[i]]), 0.3)
        for i in range(4)
    )
    assert info_nce(queries, keys, shared, 0.3, own).item() == pytest.approx(expected / 4, abs=1e-5)
    # an own negative that is the key itself ties with it
    assert InfoNCELoss().loss_and_accuracy(keys, keys, shared, keys[:, None])[1] == 0


def test_without_negatives_there_is_nothing_to_learn(double):
    queries = double(3, 4).requires_grad_()
    loss = info_nce(queries, double(3, 4), torch.zeros(0, 4))
    loss.backward()
    assert loss == 0
    assert (queries.grad == 0).all()


def test_gradient(double):
    tensors = [double(3, 4).requires_grad_() for _ in range(2)]
    negatives = double(5, 4)
    assert torch.autograd.gradcheck(lambda q, k: info_nce(q, k, negatives, 0.3), tensors)


def test_closed_forms():
    # collapsed: the key is one of K + 1 equal candidates
    ones = torch.ones(2, 3)
    assert info_nce(ones, ones, torch.ones(6, 3)).item() == pytest.approx(math.log(7), abs=1e-5)
    assert InfoNCELoss().loss_and_accuracy(ones, ones, torch.ones(6, 3))[1] == 0
    # the negatives of one query: cos 1 to the key, 0 to three, 1 to one
    eye = torch.eye(4)
    loss, accuracy = InfoNCELoss(0.5).loss_and_accuracy(eye[:1], eye[:1], eye)
    assert loss.item() == pytest.approx(math.log((2 * math.e**2 + 3) / math.e**2), abs=1e-5)
    assert accuracy == 0
    assert InfoNCELoss().loss_and_accuracy(eye[:2], eye[:2], eye[2:])[1] == 1


def test_half_precision_and_autocast_change_nothing():
    q, k, n = torch.randn(3, 6, 8, generator=torch.Generator().manual_seed(0))
    with torch.autocast('cpu', dtype=torch.bfloat16):
        inside = info_nce(q, k, n)
    assert inside == info_nce(q, k, n)
    loss = info_nce(q.bfloat16(), k.bfloat16(), n, 0.01)
    assert loss.dtype == torch.float32 and loss.isfinite()


def test_module_is_registered_and_weighted(double):
    tensors = double(4, 6), double(4, 6), double(5, 6)
    module = MODELS.build(dict(type='InfoNCELoss', temperature=0.2, loss_weight=3.0))
    torch.testing.assert_close(module(*tensors), 3 * info_nce(*tensors, 0.2))


def test_errors():
    with pytest.raises(ValueError, match=r'info_nce .*same shape.*\(3, 4\) and \(2, 4\)'):
        info_nce(torch.ones(3, 4), torch.ones(2, 4), torch.ones(2, 4))
    with pytest.raises(ValueError, match='at least 1 sample'):
        info_nce(torch.ones(0, 4), torch.ones(0, 4), torch.ones(2, 4))
    with pytest.raises(ValueError, match='temperature must be above 0'):
        InfoNCELoss(temperature=0)
