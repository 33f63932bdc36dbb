"""Contrast with centroids: against a slow loop, released code's numbers, and at its edges."""

from __future__ import annotations

import math

import pytest
import torch
from mmaction.registry import MODELS

from mlfo_mm.models.losses import PrototypeContrastLoss, prototype_contrast


def test_equals_the_equation(double, h):
    queries, centroids, phi = double(5, 4), double(6, 4), double(6).abs() + 0.1
    clusters = torch.tensor([3, 0, 5, 3, 1])
    total = 0.0
    for query, own in zip(queries, clusters.tolist(), strict=True):
        scores = [h(query, c, float(p)) for c, p in zip(centroids, phi, strict=True)]
        total -= math.log(scores[own] / sum(scores))
    found = prototype_contrast(queries, centroids, phi, clusters)
    assert found.item() == pytest.approx(total / 5, abs=1e-5)


def wave(step: float, *shape: int) -> torch.Tensor:
    count = torch.Size(shape).numel()
    return torch.sin(step * torch.arange(1, count + 1, dtype=torch.float64)).view(shape)


def test_number_of_the_released_code():
    """Of salesforce/PCL, whose videos lie in clusters of their own, in float64."""
    phi = 0.2 + 0.1 * wave(3.1, 7)
    found = prototype_contrast(wave(1.0, 3, 4), wave(2.3, 7, 4), phi, torch.tensor([5, 3, 6]))
    assert found.item() == pytest.approx(1.5253060166066017, abs=1e-12)


def test_queries_at_their_centroids_and_queries_that_know_nothing():
    loss, accuracy = PrototypeContrastLoss(2.0).loss_and_accuracy(
        torch.eye(4)[[2, 2, 0]], torch.eye(4), torch.full((4,), 0.02), torch.tensor([2, 2, 0])
    )
    assert loss < 1e-6 and accuracy == 1
    alike = torch.ones(3, 4), torch.ones(5, 4), torch.full((5,), 0.2), torch.tensor([0, 4, 2])
    loss, accuracy = PrototypeContrastLoss(2.0).loss_and_accuracy(*alike)
    assert loss.item() == pytest.approx(2 * math.log(5)) and accuracy == 0


def test_gradient_registration_and_errors(double):
    clusters = torch.tensor([1, 0, 2])
    tensors = [double(3, 4).requires_grad_(), double(3, 4), double(3).abs() + 0.5]
    assert torch.autograd.gradcheck(lambda *z: prototype_contrast(*z, clusters), tensors)
    module = MODELS.build(dict(type='PrototypeContrastLoss', loss_weight=2.0))
    torch.testing.assert_close(
        module(*tensors, clusters), 2 * prototype_contrast(*tensors, clusters)
    )
    with pytest.raises(ValueError, match='at least 2 centroids'):
        prototype_contrast(torch.ones(2, 3), torch.ones(1, 3), torch.ones(1), torch.zeros(2))
