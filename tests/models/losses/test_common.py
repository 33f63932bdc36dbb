"""Precision, checks and monitors shared by the objectives."""

from __future__ import annotations

import math

import pytest
import torch

from mlfo_mm.models.losses import contrast_accuracy, embedding_std, explained
from mlfo_mm.models.losses._common import as_float, dot, unit


def test_as_float_widens_to_the_widest_and_never_below_float32():
    half, single, double = torch.ones(1).half(), torch.ones(1), torch.ones(1).double()
    assert [x.dtype for x in as_float(half, single)] == [torch.float32] * 2
    assert [x.dtype for x in as_float(half, double)] == [torch.float64] * 2


def test_dot_ignores_autocast():
    a, b = torch.randn(4, 64), torch.randn(3, 64)
    with torch.autocast('cpu', dtype=torch.bfloat16):
        result = dot(a, b)
    assert result.dtype == torch.float32
    torch.testing.assert_close(result, a @ b.mT, rtol=0, atol=0)


def test_unit_vector_of_zero_is_zero_with_zero_gradient():
    x = torch.tensor([[0.0, 0.0], [3.0, 4.0]], requires_grad=True)
    y = unit(x)
    torch.testing.assert_close(y, torch.tensor([[0.0, 0.0], [0.6, 0.8]]))
    (y * torch.tensor([1.0, 2.0])).sum().backward()
    assert x.grad[0].tolist() == [0.0, 0.0]
    assert x.grad[1].abs().sum() > 0.01


def test_unit_vector_of_what_is_as_short_as_the_bound():
    lengths = torch.tensor([[1e-12], [2e-12]], dtype=torch.float64)
    assert unit(lengths).tolist() == [[0.0], [1.0]]


def test_accuracy_counts_strict_winners_only():
    logits = torch.tensor(
        [[3.0, 1.0, 2.0], [1.0, 2.0, 3.0], [2.0, 2.0, 1.0], [-torch.inf, 0.0, 1.0]]
    )
    targets = torch.tensor([0, 0, 0, 2])
    assert (
        contrast_accuracy(logits, targets).item() == 0.5
    )  # rows 0 and 3; the tie in row 2 is a miss


def test_rows_without_a_target_do_not_count():
    logits = torch.tensor([[3.0, 1.0], [3.0, 1.0], [1.0, 3.0]])
    assert contrast_accuracy(logits, torch.tensor([0, -1, 0])).item() == 0.5
    assert contrast_accuracy(logits, torch.tensor([-1, -1, -1])).isnan()


def test_embedding_std_tells_collapse_from_spread():
    assert embedding_std(torch.ones(16, 8)).item() == pytest.approx(0, abs=1e-6)
    one = torch.tensor([[3.0, 1.0, -2.0]])  # all embeddings the same, its channels not
    assert embedding_std(one.repeat(16, 1)).item() == pytest.approx(0, abs=1e-6)
    spread = torch.randn(4096, 64, generator=torch.Generator().manual_seed(0))
    assert embedding_std(spread * 7).item() == pytest.approx(1, abs=0.02)
    # unit vectors +e1 and +e2: each of two channels is 0 or 1, std 0.5
    assert embedding_std(torch.eye(2) * 3).item() == pytest.approx(0.5 * math.sqrt(2))


def test_few_rows_explain_as_much_as_many():
    torch.manual_seed(0)
    target = torch.randn(8000, 1)
    told = 0.8 * target + 0.3 * torch.randn(8000, 1)
    for predicted, share in ((torch.zeros(8000, 1), 0.0), (told, 1 - 0.2**2 - 0.3**2)):
        errors, spreads = [], []
        for rows in (4, 8000):
            pairs = zip(predicted.split(rows), target.split(rows), strict=True)
            # of sums, as a mean of ratios is none of the means
            found = [(1 - explained(a, b), (a - b).square().sum()) for a, b in pairs]
            errors.append(sum(error for _, error in found))
            spreads.append(sum(error / ratio for ratio, error in found))
        shares = [
            1 - (error / spread).item() for error, spread in zip(errors, spreads, strict=True)
        ]
        assert shares == pytest.approx([share, share], abs=0.03)


def test_explained_is_1_of_what_is_right_and_0_of_the_means():
    torch.manual_seed(0)
    target = torch.randn(20, 3) * torch.tensor([1.0, 2.0, 5.0]) + torch.tensor([0.0, 4.0, -9.0])
    means = target.mean(0).expand_as(target)
    assert explained(target, target).item() == 1
    # the means of these 20 rows are nearer to them than those that they were drawn with
    assert explained(means, target).item() == pytest.approx(1 / 20, abs=1e-6)
    assert explained((target + means) / 2, target).item() == pytest.approx(1 - 0.25 * 19 / 20)
    weights = torch.zeros(20, 3)
    weights[:5] = 2
    part = target[:5].mean(0).expand_as(target)
    assert explained(part, target, weights).item() == pytest.approx(1 / 5, abs=1e-6)
    assert explained(torch.ones(1, 2), torch.ones(1, 2)).isfinite()
    assert explained(torch.zeros(4, 2), torch.zeros(4, 2)).isfinite()
