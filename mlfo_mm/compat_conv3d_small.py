"""A 3D convolution on a map of few positions, as one matrix: for :mod:`mlfo_mm.compat_conv3d`.

oneDNN multiplies every tap of a kernel, also those that see nothing but padding: on a map of 2 x 2 x 2
that is 19 of 27. Its weight gradient takes most of such a layer's time. Where the kernel's taps are at
least twice the map's positions, the layer is a matrix from all positions to all, made of its taps.
"""

from __future__ import annotations

import functools
import itertools
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor, nn

FEWEST = 16  # clips that are worth the matrix


def fits(layer: nn.Conv3d, inputs: Tensor) -> bool:
    """Whether a layer in training on the CPU is faster as a matrix: float32, a small map, a batch."""
    import torch

    trains = torch.is_grad_enabled() and layer.weight.requires_grad
    traced = getattr(torch.compiler, 'is_compiling', bool)  # since torch 2.3
    if not trains or traced():  # a traced program takes any number of clips
        return False
    few = inputs.dim() == 5 and len(inputs) >= FEWEST
    plain = layer.groups == 1 and layer.padding_mode == 'zeros'
    if not (few and plain and inputs.dtype == layer.weight.dtype == torch.float32):
        return False
    positions, taps = inputs.shape[2:].numel(), layer.weight.shape[2:].numel()
    return 2 * positions <= taps and min(_out(layer, inputs)) > 0


def convolve(layer: nn.Conv3d, inputs: Tensor, weight: Tensor, bias: Tensor | None) -> Tensor:
    """The layer's output (N, O, T', H', W') on inputs (N, C, T, H, W), in their memory format."""
    import torch
    from torch.nn import functional

    size, out = tuple(inputs.shape[2:]), _out(layer, inputs)
    seen = _taps(size, out, layer.kernel_size, layer.stride, layer.dilation, _before(layer))
    taps = functional.pad(weight.flatten(2).permute(2, 0, 1), (0, 0, 0, 0, 0, 1))  # (K + 1, O, C)
    pairs = taps[torch.tensor(seen)].unflatten(0, (-1, inputs.shape[2:].numel()))  # (P', P, O, C)
    matrix = pairs.permute(0, 2, 1, 3).flatten(2).flatten(0, 1)  # (P' O, P C)
    flat = inputs.permute(0, 2, 3, 4, 1).flatten(1)  # (N, P C), no copy where channels are last
    bias = None if bias is None else bias.repeat(len(matrix) // len(bias))
    output = functional.linear(flat, matrix, bias).unflatten(1, (*out, -1)).permute(0, 4, 1, 2, 3)
    last = inputs.is_contiguous(memory_format=torch.channels_last_3d)
    return output if last else output.contiguous()


def _before(layer: nn.Conv3d) -> tuple[int, ...]:
    return tuple(layer._reversed_padding_repeated_twice[::2][::-1])


def _out(layer: nn.Conv3d, inputs: Tensor) -> tuple[int, ...]:
    width, height, time = zip(*[iter(layer._reversed_padding_repeated_twice)] * 2, strict=True)
    return tuple(
        (size + sum(padding) - dilation * (kernel - 1) - 1) // stride + 1
        for size, padding, kernel, stride, dilation in zip(
            inputs.shape[2:],
            (time, height, width),
            layer.kernel_size,
            layer.stride,
            layer.dilation,
            strict=True,
        )
    )


@functools.lru_cache(maxsize=64)
def _taps(
    size: tuple[int, ...],
    out: tuple[int, ...],
    kernel: tuple[int, ...],
    stride: tuple[int, ...],
    dilation: tuple[int, ...],
    before: tuple[int, ...],
) -> list[int]:
    """For each position that comes out, and each that goes in, the tap between them; K for none."""
    found = []
    for target in itertools.product(*map(range, out)):
        for source in itertools.product(*map(range, size)):
            tap = 0
            for axis, taps in enumerate(kernel):
                reach = source[axis] + before[axis] - target[axis] * stride[axis]
                step, rest = divmod(reach, dilation[axis])
                if rest or not 0 <= step < taps:
                    tap = kernel[0] * kernel[1] * kernel[2]
                    break
                tap = tap * taps + step
            found.append(tap)
    return found
