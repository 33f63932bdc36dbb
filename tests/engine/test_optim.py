"""bfloat16 autocast in training, on whatever device there is."""

from __future__ import annotations

import copy

import pytest
import torch
from mmengine.optim import build_optim_wrapper
from torch import nn

from mlfo_mm.engine import AutocastOptimWrapper, autocast, optim
from mlfo_mm.engine.config import load_config


@pytest.fixture
def capability(monkeypatch):
    """Say which instructions the CPU has; the device is the CPU."""
    monkeypatch.setattr(optim, 'get_device', lambda: 'cpu')
    optim._say_float32.cache_clear()
    return lambda name: monkeypatch.setattr(torch.backends.cpu, 'get_cpu_capability', lambda: name)


@pytest.mark.parametrize(
    ('name', 'wanted', 'dtype'),
    [
        ('AVX512', True, torch.bfloat16),
        ('AVX512', False, torch.float32),
        ('AVX2', True, torch.float32),
        ('DEFAULT', True, torch.float32),
    ],
)
def test_bfloat16_only_where_it_is_fast(capability, monkeypatch, name, wanted, dtype):
    capability(name)
    said = []
    monkeypatch.setattr(optim, 'print_log', lambda text, *_: said.append(text))
    layer = nn.Linear(3, 2)
    for _ in range(2):
        with autocast(wanted):
            assert layer(torch.ones(4, 3)).dtype == dtype
    assert len(said) == (wanted and dtype == torch.float32)  # once


def test_forward_in_bfloat16_weights_in_float32(capability):
    capability('AVX512')
    layer = nn.Linear(3, 2)
    wrapper = AutocastOptimWrapper(torch.optim.SGD(layer.parameters(), lr=0.1))
    before = layer.weight.detach().clone()
    with wrapper.optim_context(layer):
        output = layer(torch.ones(4, 3))
    assert output.dtype == torch.bfloat16
    wrapper.update_params(output.float().sum())
    assert layer.weight.dtype == torch.float32
    torch.testing.assert_close(layer.weight, before - 0.1 * 4)
    state = wrapper.state_dict()
    assert 'loss_scaler' not in state
    wrapper.load_state_dict(state)


@pytest.mark.parametrize('name', ['mlfo', 'moco'])  # Adam, SGD
def test_fused_optimizers_take_the_same_steps(name):
    base = f'{name}/r3d18@k400'
    changed = load_config(f'{base}+fused_optimizer+channels_last+device_augmentation')
    weights = []
    for config in (load_config(base), changed):
        torch.manual_seed(0)
        layer = nn.Linear(30, 20)
        wrapper = build_optim_wrapper(layer, copy.deepcopy(config.optim_wrapper))
        for _ in range(3):
            wrapper.update_params(layer(torch.randn(4, 30)).square().sum())
        weights.append(layer.weight.detach())
    assert wrapper.optimizer.defaults['fused']
    torch.testing.assert_close(*weights, rtol=1e-5, atol=1e-6)
