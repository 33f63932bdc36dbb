"""Eq. 13 and its symmetric form against slow loops."""

from __future__ import annotations

import math

import pytest
import torch
from mmaction.registry import MODELS

from mlfo_mm.models.losses import TimestampRetrievalLoss, timestamp_retrieval


def slow_timestamp_retrieval(h, short, long, positions, temperature):
    total, count = 0.0, 0
    for i in range(len(short)):
        for s, position in enumerate(positions):
            scores = [h(short[i, :, s], long[i, :, t], temperature) for t in range(long.shape[2])]
            total -= math.log(scores[position] / sum(scores))
            count += 1
    return total / count


def slow_opposite(h, short, long, positions, temperature):
    total, count = 0.0, 0
    for i in range(len(short)):
        for s, position in enumerate(positions):
            scores = [
                h(long[i, :, position], short[i, :, r], temperature) for r in range(short.shape[2])
            ]
            total -= math.log(scores[s] / sum(scores))
            count += 1
    return total / count


@pytest.mark.parametrize('positions', [[0, 1, 2, 3], [2, 3, 4], [4, 0, 2, 1, 3], [5]])
@pytest.mark.parametrize('temperature', [0.07, 0.5])
def test_equals_the_equation(h, double, positions, temperature):
    short, long = double(3, 4, len(positions)), double(3, 4, 6)
    arguments = short, long, torch.tensor(positions), temperature
    expected = slow_timestamp_retrieval(h, short, long, positions, temperature)
    opposite = slow_opposite(h, short, long, positions, temperature)
    assert timestamp_retrieval(*arguments).item() == pytest.approx(expected, abs=1e-5)
    symmetric = timestamp_retrieval(*arguments, symmetric=True)
    assert symmetric.item() == pytest.approx((expected + opposite) / 2, abs=1e-5)


def test_defaults(double):
    short, long, positions = double(2, 4, 3), double(2, 4, 3), torch.arange(3)
    expected = timestamp_retrieval(short, long, positions, 0.07, False)
    assert timestamp_retrieval(short, long, positions) == expected


def test_symmetric_form_is_symmetric_in_the_clips(double):
    short, long, positions = double(2, 4, 5), double(2, 4, 5), torch.arange(5)
    loss = timestamp_retrieval(short, long, positions, symmetric=True)
    torch.testing.assert_close(timestamp_retrieval(long, short, positions, symmetric=True), loss)
    # A permutation of the long clip that the positions follow changes nothing.
    order = torch.tensor([3, 0, 4, 1, 2])
    moved = timestamp_retrieval(short, long[..., order] * 3, order.argsort(), symmetric=True)
    torch.testing.assert_close(moved, loss)
    assert (timestamp_retrieval(short, long, positions) - loss).abs() > 1e-3


def test_samples_do_not_mix(double):
    short, long, positions = double(3, 4, 2), double(3, 4, 5), torch.tensor([1, 3])
    losses = [timestamp_retrieval(short[i : i + 1], long[i : i + 1], positions) for i in range(3)]
    torch.testing.assert_close(
        torch.stack(losses).mean(), timestamp_retrieval(short, long, positions)
    )


def test_two_steps_of_the_long_clip_are_enough(h, double):
    short, long = double(2, 3, 1), double(2, 3, 2)
    expected = slow_timestamp_retrieval(h, short, long, [1], 0.5)
    loss = timestamp_retrieval(short, long, torch.tensor([1]), 0.5)
    assert loss.item() == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize('symmetric', [False, True])
def test_gradient(double, symmetric):
    leaves = double(2, 3, 2).requires_grad_(), double(2, 3, 4).requires_grad_()
    positions = torch.tensor([3, 1])
    assert torch.autograd.gradcheck(
        lambda a, b: timestamp_retrieval(a, b, positions, 0.5, symmetric), leaves
    )


@pytest.mark.parametrize('dtype', [torch.float16, torch.bfloat16])
def test_finite_in_half_precision_at_low_temperature(dtype):
    clip = torch.randn(2, 8, 4, generator=torch.Generator().manual_seed(0))
    for long in (clip, -clip, torch.ones(2, 8, 4), torch.zeros(2, 8, 4)):
        leaves = clip.to(dtype).requires_grad_(), long.to(dtype).requires_grad_()
        loss = timestamp_retrieval(*leaves, torch.arange(4), 0.01, symmetric=True)
        loss.backward()
        assert loss.dtype == torch.float32 and loss.isfinite()
        assert all(leaf.grad.isfinite().all() for leaf in leaves)


@pytest.mark.parametrize('symmetric', [False, True])
def test_module_is_registered_and_weighted(double, symmetric):
    arguments = double(2, 4, 3), double(2, 4, 5), torch.tensor([1, 2, 4])
    module = MODELS.build(
        dict(type='TimestampRetrievalLoss', temperature=0.2, symmetric=symmetric, loss_weight=0.3)
    )
    expected = 0.3 * timestamp_retrieval(*arguments, 0.2, symmetric)
    torch.testing.assert_close(module(*arguments), expected)
    torch.testing.assert_close(module.loss_and_accuracy(*arguments)[0], expected)


def test_accuracy_by_hand():
    clip = torch.eye(4)[None]  # each step its own direction
    module = TimestampRetrievalLoss()
    assert module.loss_and_accuracy(clip, clip, torch.arange(4))[1] == 1
    assert module.loss_and_accuracy(clip, clip, torch.tensor([1, 0, 2, 3]))[1] == 0.5
    assert module.loss_and_accuracy(clip[..., :2], clip, torch.tensor([0, 3]))[1] == 0.5
    # Opposite direction: long step 0 finds short step 0, long step 3 ties with all.
    symmetric = TimestampRetrievalLoss(symmetric=True)
    assert symmetric.loss_and_accuracy(clip[..., :2], clip, torch.tensor([0, 3]))[1] == 0.5


@pytest.mark.parametrize(
    ('short', 'long', 'positions', 'message'),
    [
        ((2, 4, 3), (2, 4, 5), [0, 1, 5], r'positions \[0, 1, 5\] must be in 0..4'),
        ((2, 4, 3), (2, 4, 5), [-1, 1, 2], r'must be in 0..4'),
        ((2, 4, 3), (2, 4, 5), [0, 1], 'needs 3 integer positions'),
        ((2, 4, 3), (2, 4, 5), [0.0, 1.0, 2.0], 'needs 3 integer positions'),
        ((2, 4, 3), (2, 5, 5), [0, 1, 2], 'same N >= 1 and C'),
        ((2, 4, 3), (3, 4, 5), [0, 1, 2], 'same N >= 1 and C'),
        ((0, 4, 3), (0, 4, 5), [0, 1, 2], 'same N >= 1 and C'),
        ((2, 4), (2, 4), [0], 'same N >= 1 and C'),
        ((2, 4, 1), (2, 4, 1), [0], 'at least 2 time steps in the long clip, got 1'),
    ],
)
def test_errors(short, long, positions, message):
    with pytest.raises(ValueError, match=message):
        timestamp_retrieval(torch.ones(short), torch.ones(long), torch.tensor(positions))


def test_a_short_clip_needs_a_step():
    with pytest.raises(ValueError, match='needs 0 integer positions, one for each short step'):
        timestamp_retrieval(torch.ones(2, 4, 0), torch.ones(2, 4, 3), torch.arange(0))
