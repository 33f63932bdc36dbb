"""Sinkhorn targets against the multiplicative loop and at extreme scales."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from mlfo_mm.models.losses import sinkhorn


def slow_sinkhorn(scores, epsilon, num_iters):
    rows, columns = scores.shape
    q = [[math.exp(scores[b, k].item() / epsilon) for k in range(columns)] for b in range(rows)]
    for _ in range(num_iters):
        for k in range(columns):
            mass = sum(q[b][k] for b in range(rows))
            for b in range(rows):
                q[b][k] /= mass * columns  # every prototype has mass 1 / K
        for b in range(rows):
            mass = sum(q[b])
            q[b] = [value / (mass * rows) for value in q[b]]  # every sample has mass 1 / B
    return torch.tensor(q, dtype=torch.float64) * rows


@pytest.mark.parametrize(('epsilon', 'num_iters'), [(0.05, 3), (0.05, 1), (0.3, 7)])
def test_equals_the_loop(double, epsilon, num_iters):
    scores = double(5, 4).tanh()
    expected = slow_sinkhorn(scores, epsilon, num_iters)
    torch.testing.assert_close(sinkhorn(scores, epsilon, num_iters), expected, atol=1e-5, rtol=0)
    torch.testing.assert_close(
        sinkhorn(scores.float(), epsilon, num_iters), expected.float(), atol=1e-4, rtol=0
    )


def test_defaults_are_swav_s(double):
    scores = double(5, 4).tanh()
    assert torch.equal(sinkhorn(scores), sinkhorn(scores, 0.05, 3))


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    shape=st.tuples(st.integers(1, 8), st.integers(2, 8)),
    scale=st.sampled_from([0.0, 1e-6, 1.0, 1e3, 1e6, 1e20]),
    offset=st.sampled_from([0.0, -1e4, 1e4]),
    dtype=st.sampled_from([torch.float32, torch.float64]),
)
def test_rows_sum_to_one_at_any_scale(seed, shape, scale, offset, dtype):
    scores = torch.randn(shape, generator=torch.Generator().manual_seed(seed)).to(dtype)
    q = sinkhorn(scores * scale + offset)
    assert q.shape == shape and q.dtype == dtype
    assert (q >= 0).all()
    torch.testing.assert_close(q.sum(1), torch.ones(shape[0], dtype=dtype))


def test_large_scores_lose_no_digits(double):
    scores = (1000 + 0.1 * double(5, 4).tanh()).float()
    exact = sinkhorn(scores.double())  # of the same rounded scores
    torch.testing.assert_close(sinkhorn(scores), exact.float(), atol=1e-5, rtol=0)


def test_many_iterations_balance_the_prototypes(double):
    q = sinkhorn(double(12, 4).tanh(), 0.3, 200)
    torch.testing.assert_close(q.sum(0), torch.full((4,), 3.0, dtype=torch.float64))


def test_follows_a_permutation_of_samples_and_prototypes(double):
    scores = double(6, 5).tanh()
    rows, columns = torch.randperm(6), torch.randperm(5)
    torch.testing.assert_close(
        sinkhorn(scores[rows][:, columns]), sinkhorn(scores)[rows][:, columns]
    )


def test_has_no_gradient_and_takes_half_precision():
    scores = torch.randn(6, 5).half().requires_grad_()
    q = sinkhorn(scores)
    assert not q.requires_grad
    assert q.dtype == torch.float32 and q.isfinite().all()


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        ((torch.ones(4, 1),), 'at least 2 prototypes, got 1: raise num_prototypes'),
        ((torch.ones(0, 3),), 'empty batch'),
        ((torch.ones(4),), r'shape \(B, K\)'),
        ((torch.ones(4, 3), 0.0), 'epsilon must be above 0'),
        ((torch.ones(4, 3), 0.05, 0), 'num_iters must be above 0'),
    ],
)
def test_errors(arguments, message):
    with pytest.raises(ValueError, match=message):
        sinkhorn(*arguments)
