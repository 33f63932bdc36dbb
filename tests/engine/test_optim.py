"""bfloat16 autocast in training, on whatever device there is."""

from __future__ import annotations

import torch
from mmengine.device import get_device
from torch import nn

from mlfo_mm.engine import AutocastOptimWrapper


def test_forward_in_bfloat16_weights_in_float32():
    layer = nn.Linear(3, 2).to(get_device())
    wrapper = AutocastOptimWrapper(torch.optim.SGD(layer.parameters(), lr=0.1))
    before = layer.weight.detach().clone()
    with wrapper.optim_context(layer):
        output = layer(torch.ones(4, 3, device=get_device()))
    assert output.dtype == torch.bfloat16
    wrapper.update_params(output.float().sum())
    assert layer.weight.dtype == torch.float32
    torch.testing.assert_close(layer.weight, before - 0.1 * 4)
    state = wrapper.state_dict()
    assert 'loss_scaler' not in state
    wrapper.load_state_dict(state)
