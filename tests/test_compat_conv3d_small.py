"""A convolution as one matrix is the same function, and is taken where it pays alone."""

from __future__ import annotations

import copy

import pytest
import torch
from torch import nn

from mlfo_mm import compat_conv3d, compat_conv3d_small

LAYERS = [
    ((2, 2, 2), dict(kernel_size=3, padding=1)),
    ((1, 2, 2), dict(kernel_size=3, padding=1, bias=False)),
    ((2, 2, 2), dict(kernel_size=3, stride=(2, 1, 2), padding=1)),
    ((1, 3, 3), dict(kernel_size=3, padding=(2, 1, 0), stride=2)),
    ((3, 1, 1), dict(kernel_size=(7, 1, 1), padding=(3, 0, 0))),
    ((2, 2, 1), dict(kernel_size=3, padding=2, dilation=2)),
    ((1, 2, 2), dict(kernel_size=(1, 4, 4), padding='same')),
    ((2, 1, 1), dict(kernel_size=(2, 3, 3), padding=(0, 1, 1))),
]


@pytest.mark.parametrize('layout', [torch.contiguous_format, torch.channels_last_3d])
@pytest.mark.parametrize(('size', 'geometry'), LAYERS)
def test_it_is_the_same_function(size, geometry, layout):
    torch.manual_seed(0)
    layer = nn.Conv3d(4, 6, **geometry).to(memory_format=layout)
    inputs = torch.randn(16, 4, *size).to(memory_format=layout).requires_grad_()
    assert compat_conv3d_small.fits(layer, inputs)
    output = layer(inputs)
    gradient = torch.randn_like(output)
    output.backward(gradient)
    double, exact = copy.deepcopy(layer).double(), inputs.detach().double().requires_grad_()
    double.zero_grad()
    with compat_conv3d.implicit_padding():
        right = double(exact)
        right.backward(gradient.double())
    same = torch.testing.assert_close
    same(output, right.float())
    same(inputs.grad, exact.grad.float())
    same(layer.weight.grad, double.weight.grad.float(), rtol=1e-5, atol=1e-4)
    if layer.bias is not None:
        same(layer.bias.grad, double.bias.grad.float(), rtol=1e-5, atol=1e-4)
    assert output.is_contiguous(memory_format=layout)


@pytest.mark.parametrize(
    ('options', 'shape'),
    [
        (dict(), (15, 4, 2, 2, 2)),
        (dict(), (4, 2, 2, 2)),  # one clip without its batch
        (dict(), (16, 4, 4, 2, 2)),
        (dict(groups=2), (16, 4, 2, 2, 2)),
        (dict(padding_mode='replicate'), (16, 4, 2, 2, 2)),
        (dict(dtype=torch.bfloat16), (16, 4, 2, 2, 2)),
    ],
)
def test_where_it_does_not_pay(options, shape):
    layer = nn.Conv3d(4, 4, 3, padding=1, **options)
    assert not compat_conv3d_small.fits(layer, torch.zeros(shape, dtype=layer.weight.dtype))


def test_evaluation_and_autocast_are_left_as_they_are(monkeypatch):
    layer, inputs = nn.Conv3d(4, 4, 3, padding=1), torch.randn(16, 4, 2, 2, 2)
    seen = []
    monkeypatch.setattr(compat_conv3d_small, 'convolve', lambda *_: seen.append(1) or inputs)
    layer(inputs)
    assert seen == [1]
    with torch.no_grad():
        layer(inputs)
    with torch.autocast('cpu', dtype=torch.bfloat16):
        assert layer(inputs).dtype == torch.bfloat16
    layer.requires_grad_(False)(inputs)
    assert seen == [1]
