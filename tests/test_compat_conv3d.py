"""Weight gradients of 3D convolutions on CPU: right on short clips, in float32 and bfloat16."""

from __future__ import annotations

import copy
import itertools
from collections.abc import Iterator

import pytest
import torch
from mmaction.models import ResNet3d
from mmaction.registry import MODELS
from torch import Tensor, nn
from torch.nn import functional

from mlfo_mm import compat_conv3d
from mlfo_mm.models import S3D, SlowFast
from tests.models.backbones.small import NAMES, full

R3D18 = dict(
    depth=18,
    pretrained=None,
    pretrained2d=False,
    conv1_kernel=(7, 7, 7),
    conv1_stride_t=1,
    pool1_stride_t=1,
    with_pool2=False,
    temporal_strides=(1, 2, 2, 2),
    inflate_style='3x3x3',
    zero_init_residual=False,
    out_indices=(1, 2, 3),
)
BACKBONES = {
    'r3d18 at 16 channels': lambda: ResNet3d(**R3D18, base_channels=16),
    'r3d18 at 64 channels': lambda: ResNet3d(**R3D18, base_channels=64),
    's3d at 16 channels': lambda: S3D(16),
    'slowfast at 16 channels': lambda: SlowFast(base_channels=16),
} | {
    f'{name} at 16 channels': lambda name=name: MODELS.build(dict(full(name), base_channels=16))
    for name in NAMES
    if name not in ('r3d18', 's3d', 'slowfast')
}


def dirty_memory() -> None:
    """Fill memory that is free again, so that uninitialised results show."""
    for size in (1 << 10, 1 << 14, 1 << 18, 1 << 20):
        torch.full((size,), float('nan'))


def weight_gradients(model: nn.Module, inputs: Tensor, bf16: bool) -> dict[str, Tensor]:
    model.zero_grad(set_to_none=True)
    dirty_memory()
    with torch.autocast('cpu', dtype=torch.bfloat16, enabled=bf16):
        outputs = model(inputs)
    outputs = outputs if isinstance(outputs, tuple) else (outputs,)
    generator = torch.Generator().manual_seed(1)
    gradients = [torch.randn(o.shape, generator=generator).to(o.dtype) for o in outputs]
    dirty_memory()
    torch.autograd.backward(outputs, gradients)
    return {name: p.grad.clone() for name, p in model.named_parameters()}


def worst_error(got: dict[str, Tensor], expected: dict[str, Tensor]) -> tuple[float, str]:
    """Largest relative error; a NaN is the largest."""
    errors = {
        name: ((got[name] - right).norm() / right.norm()).nan_to_num(torch.inf).item()
        for name, right in expected.items()
    }
    name = max(errors, key=errors.get)
    return errors[name], name


def layer_errors(backbone: nn.Module, inputs: Tensor, bf16: bool) -> dict[str, float]:
    """Relative error of each convolution's weight gradient, given the tensors that it met.

    Layer by layer, as the rounding of bfloat16 alone moves the gradients of a deep network by about
    their own size.
    """
    convs = {name: m for name, m in backbone.named_modules() if isinstance(m, nn.Conv3d)}
    met: dict[nn.Module, list[Tensor]] = {}

    def keep(layer: nn.Module, layer_inputs: tuple[Tensor], output: Tensor) -> None:
        met[layer] = [layer_inputs[0].detach().to(output.dtype)]
        output.register_hook(lambda gradient: met[layer].append(gradient))

    hooks = [layer.register_forward_hook(keep) for layer in convs.values()]
    gradients = weight_gradients(backbone, inputs, bf16)
    for hook in hooks:
        hook.remove()
    errors = {}
    for name, layer in convs.items():
        before, after = (tensor.double() for tensor in met[layer])
        geometry = (layer.stride, layer.padding, layer.dilation, layer.groups)
        right = nn.grad.conv3d_weight(before, layer.weight.shape, after, *geometry)
        got = {name: gradients[f'{name}.weight'].double()}
        errors[name] = worst_error(got, {name: right})[0]
    return errors


@pytest.mark.parametrize(('bf16', 'limit'), [(False, 1e-4), (True, 0.01)])
@pytest.mark.parametrize('name', BACKBONES)
def test_every_layer_of_a_backbone_has_right_gradients(name, bf16, limit):
    torch.manual_seed(0)
    backbone = BACKBONES[name]().eval()
    errors = layer_errors(backbone, torch.randn(2, 3, 16, 32, 32), bf16)
    worst = max(errors, key=errors.get)
    assert errors[worst] < limit, f'{worst}: relative error {errors[worst]}'


@pytest.mark.skipif(
    not torch.cpu._is_avx512_bf16_supported(), reason='no AVX512-BF16: oneDNN takes another road'
)
def test_torch_still_needs_the_padding():
    """If this fails, the fault is mended upstream and ``pad_short_conv3d`` can go."""
    torch.manual_seed(0)
    layer, inputs = nn.Conv3d(64, 64, 3, padding=1), torch.randn(2, 64, 2, 6, 6)
    expected = weight_gradients(layer, inputs, bf16=False)
    with compat_conv3d.implicit_padding():
        errors = [worst_error(weight_gradients(layer, inputs, True), expected) for _ in range(5)]
    assert max(errors)[0] > 0.3
    assert worst_error(weight_gradients(layer, inputs, bf16=True), expected)[0] < 0.02


def layers() -> Iterator[tuple[nn.Conv3d, int]]:
    for frames, kernel, stride in itertools.product((1, 2, 3, 6), (1, 3, 5, 7), (1, 2)):
        yield nn.Conv3d(8, 8, (kernel, 3, 3), (stride, 1, 1), (kernel // 2, 1, 1)), frames
    yield nn.Conv3d(8, 8, 3, padding=2, dilation=2), 4
    yield nn.Conv3d(8, 8, 3, padding=1, groups=2), 2
    yield nn.Conv3d(8, 8, 3, padding=1, groups=8), 2
    yield nn.Conv3d(8, 8, (4, 3, 3), padding='same'), 2
    yield nn.Conv3d(8, 8, 3, padding='valid'), 3
    yield nn.Conv3d(8, 8, 3, padding=1, padding_mode='replicate'), 2
    yield nn.Conv3d(8, 8, (3, 1, 1), padding=(1, 0, 0), bias=False), 2


@pytest.mark.parametrize('layout', [torch.contiguous_format, torch.channels_last_3d])
def test_every_kind_of_layer_keeps_its_function(layout):
    torch.manual_seed(0)
    for layer, frames in layers():
        inputs = torch.randn(2, 8, frames, 5, 5).to(memory_format=layout)
        with compat_conv3d.implicit_padding():
            right = layer(inputs)
        torch.testing.assert_close(layer(inputs), right, msg=f'{layer}')
        with torch.autocast('cpu', dtype=torch.bfloat16):
            output = layer(inputs)
        assert output.dtype == torch.bfloat16
        torch.testing.assert_close(output.float(), right, rtol=0.05, atol=0.02, msg=f'{layer}')
        expected = weight_gradients(copy.deepcopy(layer).double(), inputs.double(), bf16=False)
        for bf16, limit in ((False, 1e-4), (True, 0.02)):
            error, where = worst_error(weight_gradients(layer, inputs, bf16), expected)
            assert error < limit, f'{layer} on {frames} frames, {bf16=}: {where}: error {error}'


@pytest.mark.parametrize(
    ('frames', 'bf16', 'padding'),
    [
        (2, 'autocast', 0),
        (2, 'dtype', 0),
        (3, 'autocast', (1, 1, 1)),
        (2, '', (1, 1, 1)),
    ],
)
def test_time_is_padded_where_no_step_sees_the_whole_kernel(frames, bf16, padding, monkeypatch):
    seen = []
    original = functional.conv3d

    def conv3d(inputs, weight, bias, stride, padding, dilation, groups):
        seen.append((tuple(inputs.shape[2:]), padding))
        return original(inputs, weight, bias, stride, padding, dilation, groups)

    monkeypatch.setattr(functional, 'conv3d', conv3d)
    dtype = torch.bfloat16 if bf16 == 'dtype' else torch.float32
    layer = nn.Conv3d(4, 4, 3, padding=1).to(dtype)
    with torch.autocast('cpu', dtype=torch.bfloat16, enabled=bf16 == 'autocast'):
        layer(torch.randn(1, 4, frames, 6, 6, dtype=dtype))
    shape = (frames + 2, 8, 8) if padding == 0 else (frames, 6, 6)
    assert seen == [(shape, padding)]


@pytest.mark.parametrize(
    ('frames', 'kernel', 'stride', 'padding', 'tap'),
    [(1, 3, 1, 1, 1), (1, 3, 2, 1, 1), (1, 5, 1, 2, 2), (1, 3, 1, 2, None), (2, 3, 1, 1, None)],
)
def test_on_one_step_only_the_taps_that_see_it_are_multiplied(
    frames, kernel, stride, padding, tap, monkeypatch
):
    weights = []
    original = functional.conv2d

    def conv2d(inputs, weight, *others):
        weights.append(weight)
        return original(inputs, weight, *others)

    monkeypatch.setattr(functional, 'conv2d', conv2d)
    layer = nn.Conv3d(4, 6, (kernel, 3, 3), (stride, 2, 1), (padding, 1, 0)).double()
    inputs = torch.randn(2, 4, frames, 6, 5, dtype=torch.double)
    output = layer(inputs)
    assert len(weights) == (tap is not None)
    if tap is not None:
        assert torch.equal(weights[0], layer.weight[:, :, tap])
    with compat_conv3d.implicit_padding():
        torch.testing.assert_close(output, layer(inputs))


@pytest.mark.filterwarnings('ignore::DeprecationWarning')
@pytest.mark.parametrize('autocast', [False, True])
def test_the_old_way_to_ask_for_autocast(autocast, monkeypatch):
    """Of torch before 2.4."""
    seen = []
    monkeypatch.setattr(torch, '__version__', '2.3.1+cpu')
    monkeypatch.setattr(functional, 'conv3d', lambda inputs, *_: seen.append(inputs.shape[2]))
    forward = compat_conv3d._padding_time(lambda *_: seen.append('as it is'))
    layer = nn.Conv3d(4, 4, 3, padding=1)
    with torch.autocast('cpu', dtype=torch.bfloat16, enabled=autocast):
        forward(layer, torch.randn(1, 4, 2, 6, 6), layer.weight, layer.bias)
    assert seen == [4 if autocast else 'as it is']
