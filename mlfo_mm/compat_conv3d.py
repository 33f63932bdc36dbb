"""A work-around for upstream faults of 3D convolutions on CPUs; :mod:`mlfo_mm.compat` applies it."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from mlfo_mm import compat_conv3d_small, installation

if TYPE_CHECKING:
    from torch import Tensor, nn


def pad_short_conv3d() -> None:
    """Give ``Conv3d`` right weight gradients on CPU for clips about as short as the kernel.

    oneDNN's AVX512 weight gradient of a temporally padded convolution is uninitialised memory (or a
    crash) when no output step sees the whole kernel inside the clip: always in bfloat16, in float32
    with a temporal stride only. Every R3D at 16 frames meets this in its last stage: temporal
    kernel 3, padding 1, T = 2. The same zeros, padded explicitly, give the same function, right
    gradients and the same speed. torch 2.11 and 2.13 are affected; can go when
    ``test_torch_still_needs_the_padding`` fails.
    """
    from torch import nn

    forward = nn.Conv3d._conv_forward
    if not hasattr(forward, '__wrapped__'):
        nn.Conv3d._conv_forward = _padding_time(forward)


@contextlib.contextmanager
def implicit_padding() -> Iterator[None]:
    """Take :func:`pad_short_conv3d` back for a while, to see whether it is still needed."""
    from torch import nn

    patched = nn.Conv3d._conv_forward
    nn.Conv3d._conv_forward = getattr(patched, '__wrapped__', patched)
    try:
        yield
    finally:
        nn.Conv3d._conv_forward = patched


def _padding_time(forward: Callable[..., Tensor]) -> Callable[..., Tensor]:
    import torch
    from torch.nn import functional

    if installation.parse(torch.__version__) >= (2, 4):
        autocast = functools.partial(torch.is_autocast_enabled, 'cpu')
    else:
        autocast = torch.is_autocast_cpu_enabled

    @functools.wraps(forward)
    def wrapped(self: nn.Conv3d, inputs: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
        if inputs.device.type != 'cpu':
            return forward(self, inputs, weight, bias)
        stride = self.stride[0]
        padding = self._reversed_padding_repeated_twice  # width, height, time: as of functional.pad
        if not autocast() and compat_conv3d_small.fits(self, inputs):
            return compat_conv3d_small.convolve(self, inputs, weight, bias)
        if _sees_one_step(self, inputs):
            tap, space = padding[-2] // self.dilation[0], (padding[2], padding[0])
            geometry = (self.stride[1:], space, self.dilation[1:], self.groups)
            output = functional.conv2d(inputs[:, :, 0], weight[:, :, tap], bias, *geometry)
            return output.unsqueeze(2)
        if not (stride > 1 or inputs.dtype == torch.bfloat16 or autocast()):
            return forward(self, inputs, weight, bias)
        before = padding[-2]
        first_inside = -(-before // stride) * stride - before
        reach = self.dilation[0] * (self.kernel_size[0] - 1)
        if (
            not any(padding[-2:])
            or self.padding_mode != 'zeros'  # padded explicitly by torch
            or first_inside + reach < inputs.shape[-3]
        ):
            return forward(self, inputs, weight, bias)
        padded = functional.pad(inputs, padding)
        return functional.conv3d(padded, weight, bias, self.stride, 0, self.dilation, self.groups)

    return wrapped


def _sees_one_step(layer: nn.Conv3d, inputs: Tensor) -> bool:
    """Whether all but one of a kernel's steps in time see nothing but zeros.

    oneDNN multiplies them all the same: left out, a layer of R3D-18 on one step takes half the time.
    """
    *space, before, after = layer._reversed_padding_repeated_twice
    reach = layer.dilation[0] * (layer.kernel_size[0] - 1)
    return (
        inputs.dim() == 5
        and inputs.shape[2] == 1
        and reach > 0
        and layer.padding_mode == 'zeros'
        and space[::2] == space[1::2]  # 'same' may pad the sides of an even kernel differently
        and before % layer.dilation[0] == 0
        and 0 <= before + after - reach < layer.stride[0]  # one step comes out
    )
