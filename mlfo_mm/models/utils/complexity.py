"""What a backbone costs: parameters, and multiply-adds of one clip."""

from __future__ import annotations

import copy
from dataclasses import dataclass

import torch
from torch import nn
from torch.utils.flop_counter import FlopCounterMode


@dataclass(frozen=True)
class Complexity:
    """Cost of a network on one clip.

    Attributes:
        params_m: Parameters, in millions; buffers (statistics of batch norm) are none.
        gflops: Multiply-adds of convolutions and matrix products, in 10^9. Papers on video call
            them FLOPs; counted as two operations each they would be twice as many.
    """

    params_m: float
    gflops: float


@torch.no_grad()
def complexity(backbone: nn.Module, clip_len: int, crop_size: int) -> Complexity:
    """Count a backbone's cost on one clip (1, 3, clip_len, crop_size, crop_size).

    Nothing is computed: shapes alone travel through a copy, so the device and the size of the clip
    do not matter, and the backbone stays as it is. A network with its classifier is counted whole.

    Args:
        backbone: Network that takes clips (M, 3, T, H, W).
        clip_len: Frames T of the clip.
        crop_size: Height and width of the clip.
    """
    shapes = copy.deepcopy(backbone).to('meta')
    shapes.eval()
    with FlopCounterMode(display=False) as counter:
        shapes(torch.empty(1, 3, clip_len, crop_size, crop_size, device='meta'))
    params = sum(parameter.numel() for parameter in backbone.parameters())
    return Complexity(params / 1e6, counter.get_total_flops() / 2e9)
