"""Projections: where time and space are averaged."""

from __future__ import annotations

import torch

from mlfo_mm.models import ProjectionMLP, TemporalProjection


def test_temporal_projection_works_step_by_step():
    torch.manual_seed(0)
    projection = TemporalProjection(6, out_channels=4).double()
    x = torch.randn(2, 6, 3, 5, 5, dtype=torch.float64)
    first, _, second = projection.layers
    for m in range(2):
        for t in range(3):
            pooled = x[m, :, t].mean((1, 2))
            hidden = (first.weight[..., 0] @ pooled + first.bias).relu()
            expected = second.weight[..., 0] @ hidden + second.bias
            torch.testing.assert_close(projection(x)[m, :, t], expected)


def test_projection_mlp_pools_before_it_projects():
    torch.manual_seed(0)
    projection = ProjectionMLP(6, 8, 4, num_layers=3, batch_norm=False).double()
    x = torch.randn(2, 6, 3, 5, 5, dtype=torch.float64)
    torch.testing.assert_close(projection(x), projection(x.mean((2, 3, 4))))
    assert [type(m).__name__ for m in projection.layers] == [
        'Linear',
        'ReLU',
        'Linear',
        'ReLU',
        'Linear',
    ]
