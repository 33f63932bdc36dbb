"""The recurrent cell against its equations."""

from __future__ import annotations

import torch

from mlfo_mm.models import RecurrentAggregator


def by_hand(cell, state, block):
    """One step at one position, (C,) each."""

    def gate(layer, *parts):
        return layer.weight[..., 0, 0] @ torch.cat(parts) + layer.bias

    update = gate(cell.convz, state, block).sigmoid()
    reset = gate(cell.convr, state, block).sigmoid()
    new = gate(cell.convq, reset * state, block).tanh()
    return (1 - update) * state + update * new


def test_every_position_remembers_its_own_past():
    torch.manual_seed(0)
    model = RecurrentAggregator(3).double().eval()
    maps = torch.randn(2, 4, 3, 2, 2, dtype=torch.float64)  # (N, V, C, H, W)
    state = model(maps)
    assert state.shape == (2, 3, 2, 2)
    for n in range(2):
        for y in range(2):
            for x in range(2):
                expected = torch.zeros(3, dtype=torch.float64)
                for block in maps[n, :, :, y, x]:
                    expected = by_hand(model.cell, expected, block)
                torch.testing.assert_close(state[n, :, y, x], expected)
    torch.testing.assert_close(model(maps[:, 3:], model(maps[:, :3])), state)


def test_dropout_is_of_the_state_in_training_only():
    torch.manual_seed(0)
    model = RecurrentAggregator(64, dropout_ratio=0.5)
    maps = torch.randn(1, 2, 64, 2, 2)
    assert 0.3 < (model(maps) == 0).float().mean() < 0.7
    assert (model.eval()(maps) != 0).all()
