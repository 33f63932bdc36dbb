"""Eq. 11-12 and the released code's form against slow loops."""

from __future__ import annotations

import math

import pytest
import torch
from mmaction.registry import MODELS

from mlfo_mm.models.losses import MotionDiscriminationLoss, motion_discrimination


def slow_motion_discrimination(h, m1, m2, augmented1, augmented2, temperature, negatives):
    views, augmented, num_samples = (m1, m2), (augmented1, augmented2), len(m1)
    total = 0.0
    for i in range(num_samples):
        for a in (0, 1):
            anchor = views[a][i]
            positive = h(anchor, views[1 - a][i], temperature)
            denominator = positive
            for b in (0, 1) if negatives == 'all' else (a,):
                for n in range(len(augmented1)):
                    denominator += h(anchor, augmented[b][n, i], temperature)
            if negatives == 'all':
                for k in range(num_samples):
                    if k != i:
                        denominator += sum(h(anchor, view[k], temperature) for view in views)
            total -= math.log(positive / denominator)
    return total / (2 * num_samples)


@pytest.fixture
def inputs(double):
    return double(4, 6), double(4, 6), double(2, 4, 6), double(2, 4, 6)


@pytest.mark.parametrize('negatives', ['same_view', 'all'])
@pytest.mark.parametrize('num_augmented', [1, 2])
@pytest.mark.parametrize('temperature', [0.07, 0.5])
def test_equals_the_equation(h, inputs, negatives, num_augmented, temperature):
    m1, m2, augmented1, augmented2 = inputs
    inputs = m1, m2, augmented1[:num_augmented], augmented2[:num_augmented]
    expected = slow_motion_discrimination(h, *inputs, temperature, negatives)
    loss = motion_discrimination(*inputs, temperature, negatives)
    assert loss.item() == pytest.approx(expected, abs=1e-5)


def test_defaults_are_the_paper_s(inputs):
    expected = motion_discrimination(*inputs, 0.07, 'same_view')
    assert motion_discrimination(*inputs) == expected


@pytest.mark.parametrize('negatives', ['same_view', 'all'])
def test_symmetries(inputs, negatives):
    m1, m2, augmented1, augmented2 = inputs
    loss = motion_discrimination(*inputs, negatives=negatives)
    swapped = motion_discrimination(m2, m1, augmented2, augmented1, negatives=negatives)
    torch.testing.assert_close(swapped, loss)
    order = torch.tensor([2, 0, 3, 1])
    shuffled = motion_discrimination(
        m1[order] * 3,
        m2[order],
        augmented1[:, order],
        augmented2[:, order].flip(0),
        0.07,
        negatives,
    )
    torch.testing.assert_close(shuffled, loss)
    crossed = motion_discrimination(m1, m2, augmented2, augmented1, negatives=negatives)
    assert ((crossed - loss).abs() > 1e-3) == (negatives == 'same_view')


@pytest.mark.parametrize('negatives', ['same_view', 'all'])
def test_gradient(inputs, negatives):
    leaves = tuple(x.clone().requires_grad_() for x in inputs)
    assert torch.autograd.gradcheck(
        lambda *x: motion_discrimination(*x, 0.5, negatives=negatives), leaves
    )


def test_one_sample_is_enough_without_other_samples(inputs):
    m1, m2, augmented1, augmented2 = inputs
    losses = [
        motion_discrimination(
            m1[i : i + 1], m2[i : i + 1], augmented1[:, i : i + 1], augmented2[:, i : i + 1]
        )
        for i in range(4)
    ]
    torch.testing.assert_close(torch.stack(losses).mean(), motion_discrimination(*inputs))


@pytest.mark.parametrize('negatives', ['same_view', 'all'])
@pytest.mark.parametrize('dtype', [torch.float16, torch.bfloat16])
def test_finite_in_half_precision_at_low_temperature(negatives, dtype):
    m = torch.randn(2, 8, generator=torch.Generator().manual_seed(0))
    for m2 in (m, -m, torch.zeros(2, 8)):
        leaves = [x.to(dtype).requires_grad_() for x in (m, m2, m[None], m2[None])]
        loss = motion_discrimination(*leaves, 0.01, negatives)
        loss.backward()
        assert loss.dtype == torch.float32 and loss.isfinite()
        assert all(leaf.grad.isfinite().all() for leaf in leaves)


@pytest.mark.parametrize('negatives', ['same_view', 'all'])
def test_module_is_registered_and_weighted(inputs, negatives):
    module = MODELS.build(
        dict(type='MotionDiscriminationLoss', temperature=0.2, negatives=negatives, loss_weight=0.3)
    )
    expected = 0.3 * motion_discrimination(*inputs, 0.2, negatives)
    torch.testing.assert_close(module(*inputs), expected)
    torch.testing.assert_close(module.loss_and_accuracy(*inputs)[0], expected)


def test_accuracy_by_hand():
    m = torch.eye(3)
    other = m.roll(1, dims=1)[None]  # orthogonal to its own clip, equal to another sample's
    module = MotionDiscriminationLoss()
    assert module.loss_and_accuracy(m, m, other, other)[1] == 1
    # View 1's augmented clips equal their clips, ties are misses; view 2's are told apart.
    assert module.loss_and_accuracy(m, m, m[None], other)[1] == 0.5
    assert MotionDiscriminationLoss(negatives='all').loss_and_accuracy(m, m, m[None], other)[1] == 0


def test_errors(inputs):
    m1, m2, augmented1, augmented2 = inputs
    for bad in (augmented1[:0], augmented1[0], augmented1[:, :3], augmented1[..., :3]):
        with pytest.raises(ValueError, match=r'shape \(A >= 1, N, C\)'):
            motion_discrimination(m1, m2, bad, bad)
    with pytest.raises(ValueError, match=r'shape \(A >= 1, N, C\)'):
        motion_discrimination(m1, m2, augmented1, augmented2[:1])
    with pytest.raises(ValueError, match='at least 2 samples'):
        motion_discrimination(m1[:1], m2[:1], augmented1[:, :1], augmented2[:, :1], 0.07, 'all')
    with pytest.raises(ValueError, match='at least 1 sample in'):
        motion_discrimination(m1[:0], m2[:0], augmented1[:, :0], augmented2[:, :0])
    with pytest.raises(ValueError, match='negatives must be one of same_view, all'):
        MotionDiscriminationLoss(negatives='none')
