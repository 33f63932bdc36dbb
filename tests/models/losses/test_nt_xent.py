"""Eq. 2-3 against a slow loop, its symmetries and its edges."""

from __future__ import annotations

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from mmaction.registry import MODELS

from mlfo_mm.models.losses import NTXentLoss, nt_xent


def slow_nt_xent(h, z1, z2, temperature):
    views, total, count = (z1, z2), 0.0, 0
    for i in range(len(z1)):
        for a in (0, 1):
            positive = h(views[a][i], views[1 - a][i], temperature)
            denominator = positive
            for k in range(len(z1)):
                if k != i:
                    denominator += h(views[a][i], views[0][k], temperature)
                    denominator += h(views[a][i], views[1][k], temperature)
            total -= math.log(positive / denominator)
            count += 1
    return total / count


@pytest.mark.parametrize('num_samples', [2, 5])
@pytest.mark.parametrize('temperature', [0.07, 0.5])
def test_equals_the_equation(h, double, num_samples, temperature):
    z1, z2 = double(num_samples, 6), double(num_samples, 6)
    expected = slow_nt_xent(h, z1, z2, temperature)
    assert nt_xent(z1, z2, temperature).item() == pytest.approx(expected, abs=1e-5)
    single = nt_xent(z1.float(), z2.float(), temperature)
    assert single.dtype == torch.float32
    assert single.item() == pytest.approx(expected, rel=1e-4)


def test_default_temperature_is_the_paper_s(double):
    z1, z2 = double(4, 6), double(4, 6)
    assert nt_xent(z1, z2) == nt_xent(z1, z2, 0.07)


@settings(max_examples=25, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    num_samples=st.integers(2, 6),
    scale=st.sampled_from([1e-3, 0.5, 40.0]),
)
def test_symmetric_and_blind_to_order_and_scale(seed, num_samples, scale):
    generator = torch.Generator().manual_seed(seed)
    z1, z2 = torch.randn(2, num_samples, 5, dtype=torch.float64, generator=generator)
    order = torch.randperm(num_samples, generator=generator)
    loss = nt_xent(z1, z2)
    torch.testing.assert_close(nt_xent(z2, z1), loss)
    torch.testing.assert_close(nt_xent(z1[order], z2[order]), loss)
    torch.testing.assert_close(nt_xent(z1 * scale, z2), loss)


def test_gradient(double):
    z1, z2 = double(3, 4).requires_grad_(), double(3, 4).requires_grad_()
    assert torch.autograd.gradcheck(lambda a, b: nt_xent(a, b, 0.3), (z1, z2))


def test_closed_forms():
    # Collapsed: the positive is one of 2N - 1 equal candidates.
    ones = torch.ones(4, 3)
    assert nt_xent(ones, ones).item() == pytest.approx(math.log(7), abs=1e-5)
    # Orthogonal samples, equal views: cos 1 against 2(N - 1) times cos 0.
    eye = torch.eye(4)
    expected = -math.log(math.e**2 / (math.e**2 + 6))
    assert nt_xent(eye, eye, 0.5).item() == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize('dtype', [torch.float16, torch.bfloat16, torch.float32])
@pytest.mark.parametrize('kind', ['random', 'equal', 'duplicates', 'opposite', 'zero'])
def test_finite_in_half_precision_at_low_temperature(dtype, kind):
    z1 = torch.randn(6, 8, generator=torch.Generator().manual_seed(0))
    z2 = {
        'random': z1.flip(0),
        'equal': torch.ones(6, 8),
        'duplicates': z1[torch.tensor([0, 0, 1, 1, 2, 2])],
        'opposite': -z1,
        'zero': torch.zeros(6, 8),
    }[kind]
    z1 = torch.ones(6, 8) if kind == 'equal' else z1
    z1 = z1.to(dtype).requires_grad_()
    z2 = z2.to(dtype).requires_grad_()
    loss = nt_xent(z1, z2, 0.01)
    loss.backward()
    assert loss.dtype == torch.float32
    assert loss.isfinite() and z1.grad.isfinite().all() and z2.grad.isfinite().all()


def test_autocast_changes_nothing():
    z1, z2 = torch.randn(2, 6, 8, generator=torch.Generator().manual_seed(1))
    with torch.autocast('cpu', dtype=torch.bfloat16):
        assert nt_xent(z1, z2) == nt_xent(z1, z2.clone())
        inside = nt_xent(z1, z2)
    assert inside == nt_xent(z1, z2)


def test_module_is_registered_and_weighted(double):
    z1, z2 = double(4, 6), double(4, 6)
    module = MODELS.build(dict(type='NTXentLoss', temperature=0.2, loss_weight=3.0))
    assert isinstance(module, NTXentLoss)
    torch.testing.assert_close(module(z1, z2), 3 * nt_xent(z1, z2, 0.2))
    loss, accuracy = module.loss_and_accuracy(z1, z2)
    torch.testing.assert_close(loss, module(z1, z2))
    assert 0 <= accuracy <= 1


def test_accuracy_by_hand():
    eye = torch.eye(3)
    assert NTXentLoss().loss_and_accuracy(eye, eye)[1] == 1
    assert NTXentLoss().loss_and_accuracy(torch.ones(3, 3), torch.ones(3, 3))[1] == 0
    # Samples 0 and 1 are swapped in the second view: only sample 2's anchors find their positive.
    swapped = eye[torch.tensor([1, 0, 2])]
    assert NTXentLoss().loss_and_accuracy(eye, swapped)[1].item() == pytest.approx(1 / 3)


def test_errors():
    message = (
        'nt_xent needs at least 2 samples in the (gathered) batch, got 1: raise the batch size'
    )
    with pytest.raises(ValueError) as error:
        nt_xent(torch.ones(1, 4), torch.ones(1, 4))
    assert str(error.value) == message
    with pytest.raises(ValueError, match=r'same shape.*\(3, 4\) and \(2, 4\)'):
        nt_xent(torch.ones(3, 4), torch.ones(2, 4))
    with pytest.raises(ValueError, match='temperature must be above 0'):
        nt_xent(torch.ones(3, 4), torch.ones(3, 4), 0.0)
    with pytest.raises(ValueError, match='temperature must be above 0'):
        NTXentLoss(temperature=-1)


def test_broken_embeddings_show_in_the_loss():
    z = torch.randn(4, 3)
    broken = z.clone()
    broken[1, 2] = torch.nan
    assert nt_xent(broken, z).isnan()
    assert nt_xent(z, torch.full_like(z, torch.inf)).isnan()
