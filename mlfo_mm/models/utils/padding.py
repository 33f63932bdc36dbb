"""What convolutions and poolings see before a clip's first step and after its last one."""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor, nn
from torch.nn.modules.utils import _triple

from mlfo_mm.study.identity import TIME_PADDINGS, ZEROS

PADDED = (nn.Conv3d, nn.MaxPool3d, nn.AvgPool3d)


def pad_in_time(network: nn.Module, padding: str) -> None:
    """Let a network see more of a clip, where it saw zeros beyond its ends; space keeps its zeros.

    Zeros mark the ends of a clip, so that the direction of time can be told without looking at
    motion. Parameters and their names stay, and so do the sizes of all maps. What pools the largest
    value saw nothing there: replicated steps change none of its results, circular ones do.

    Args:
        network: Changed in place. Copies of it are padded alike.
        padding: 'zeros' as published, which changes nothing; 'replicate' repeats the first and the
            last step, 'circular' goes on at the other end.

    Raises:
        ValueError: Another word.
    """
    if padding not in TIME_PADDINGS:
        raise ValueError(f'time_padding is one of {", ".join(TIME_PADDINGS)}, not {padding!r}')
    if padding == ZEROS:
        return
    for layer in network.modules():
        if isinstance(layer, PADDED) and _triple(layer.padding)[0]:
            size, *space = _triple(layer.padding)
            layer.padding = (0, *space)
            if isinstance(layer, nn.Conv3d):  # torch's second copy of it, by width, height, time
                twice = layer._reversed_padding_repeated_twice
                layer._reversed_padding_repeated_twice = [*twice[:4], 0, 0]
            layer.register_forward_pre_hook(partial(_extend, size=size, padding=padding))


def extended(x: Tensor, size: int, padding: str) -> Tensor:
    """A map (M, C, T, H, W) as (M, C, T + 2 * size, H, W): 'replicate' or 'circular' at both ends.

    :func:`torch.nn.functional.pad` does the same. Its gradient on a GPU depends on the run, and it
    goes around a short clip only once.
    """
    steps = x.shape[2]
    beyond = (*range(-size, 0), *range(steps, steps + size))
    if padding == 'replicate':
        shown = [min(max(step, 0), steps - 1) for step in beyond]
    else:
        shown = [step % steps for step in beyond]
    ends = [x[:, :, step : step + 1] for step in shown]
    return torch.cat([*ends[:size], x, *ends[size:]], 2)


def _extend(
    layer: nn.Module, inputs: tuple[Tensor, ...], *, size: int, padding: str
) -> tuple[Tensor, ...]:
    return extended(inputs[0], size, padding), *inputs[1:]
