"""Predictions are convex combinations of the memory."""

from __future__ import annotations

import torch

from mlfo_mm.models import MemoryPredictor


def test_each_position_addresses_the_memory():
    torch.manual_seed(0)
    model = MemoryPredictor(4, size=6).double()
    state = torch.randn(2, 4, 2, 3, dtype=torch.float64)
    predicted = model(state)
    first, _, second = model.address
    for n in range(2):
        for y in range(2):
            for x in range(3):
                hidden = (first.weight[..., 0, 0] @ state[n, :, y, x] + first.bias).relu()
                weights = (second.weight[..., 0, 0] @ hidden + second.bias).softmax(0)
                expected = sum(w * row for w, row in zip(weights, model.memory, strict=True))
                torch.testing.assert_close(predicted[n, :, y, x], expected)


def test_one_vector_is_all_that_it_can_say():
    model = MemoryPredictor(4, size=1)
    predicted = model(torch.randn(2, 4, 2, 2))
    torch.testing.assert_close(predicted, model.memory[0].view(1, 4, 1, 1).expand(2, 4, 2, 2))
