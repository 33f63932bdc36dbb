"""Frames told from a clip that shows every second one, with weight on what moves (PRP, arXiv 2006.11476)."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from mmaction.registry import MODELS
from torch import Tensor, nn

from ._common import as_float, check_positive

COMPARED = 4  # frames of a stretch whose differences say what moves
POOLED, STEPS = 4, 16  # of a frame's side: parts of a window, and from one window to the next


def real_frames(rates: Tensor, count: int) -> Tensor:
    """Which of 2L frames (N, 2L) are of the video: at rate 1, none between those of the clip."""
    return (rates[:, None] > 1) | (torch.arange(count, device=rates.device) % 2 == 0)


@torch.no_grad()
def motion_attention(
    frames: Tensor,
    rates: Tensor,
    low: float = 0.8,
    high: float = 2.0,
    rate_set: tuple[int, ...] = (1, 2, 4, 8),
) -> Tensor:
    """Weights (N, 3, 2L, H, W) of what is reconstructed, from low where least moves to high where most.

    A clip of L frames at rate r is cut into r stretches of L frames of the video. In each, the squared
    differences of four frames (the first, the last, and two between) are averaged over windows of a
    quarter of the frame's side; their range over space is brought to that of the weights, in each
    channel, and spread over the pixels. A stretch without any motion has weight 1.

    Args:
        frames: (N, 3, 2L, H, W), of which every second one is the clip's.
        rates: (N,) of ``rate_set``.
        low: Least weight.
        high: Largest weight.
        rate_set: Rates that occur; each divides 2L.
    """
    count, height, width = frames.shape[2:]
    length = count // 2
    window, step = (tuple(max(n // part, 1) for n in (height, width)) for part in (POOLED, STEPS))
    inside = torch.linspace(0, length - 1, COMPARED).round().long()
    maps = []
    for rate in rate_set:
        # frame of the stretch -> of the reconstruction: the nearest before it, where it has not that one
        places = (torch.arange(rate)[:, None] * length + inside) * 2 // rate  # (rate, 4)
        places = places.to(frames.device, non_blocking=True)
        change = frames[:, :, places].diff(dim=3).square().mean(3)
        change = F.avg_pool3d(change, (1, *window), (1, *step))  # (N, 3, rate, h, w)
        least, most = change.amin((3, 4), keepdim=True), change.amax((3, 4), keepdim=True)
        share = (change - least + 1e-6) / (most - least + 1e-6)
        still = (most <= least).all(1, keepdim=True)
        weight = torch.where(still, 1.0, low + (high - low) * share)
        maps.append(weight.repeat_interleave(count // rate, 2))  # (N, 3, 2L, h, w)
    chosen = torch.stack([rates == rate for rate in rate_set]).long().argmax(0)
    found = torch.stack(maps, 1)[torch.arange(len(rates), device=rates.device), chosen]
    return F.interpolate(found, (count, height, width), mode='trilinear', align_corners=False)


def reconstruction(predicted: Tensor, target: Tensor, weights: Tensor) -> Tensor:
    """Mean over samples of the weighted squared error, in the frames whose weights are not 0.

    Args:
        predicted: (N, C, T, H, W).
        target: Alike; no gradient flows into it.
        weights: Alike, or (N, 1, T, 1, 1) and so on; 0 for frames that do not count.
    """
    predicted, target, weights = as_float(predicted, target, weights)
    error = (weights * (predicted - target.detach()).square()).mean((1, 3, 4))  # (N, T)
    counted = weights.flatten(3).ne(0).any(3).any(1)  # (N, T)
    return (error.sum(1) / counted.sum(1)).mean()


@MODELS.register_module()
class ReconstructionLoss(nn.Module):
    """:func:`reconstruction` with :func:`motion_attention`, times ``loss_weight``."""

    def __init__(
        self,
        rates: tuple[int, ...] = (1, 2, 4, 8),
        low: float = 0.8,
        high: float = 2.0,
        loss_weight: float = 1.0,
    ) -> None:
        super().__init__()
        check_positive(low=low, high=high)
        self.rates = tuple(rates)
        self.low = low
        self.high = high
        self.loss_weight = loss_weight

    def weigh(self, target: Tensor, rates: Tensor) -> Tensor:
        """Weights (N, C, 2L, H, W) of frames (N, C, 2L, H, W) at their rates (N,)."""
        (target,) = as_float(target)
        attention = motion_attention(target, rates, self.low, self.high, self.rates)
        return attention * real_frames(rates, target.shape[2])[:, None, :, None, None]

    def forward(self, predicted: Tensor, target: Tensor, weights: Tensor) -> Tensor:
        """Loss of 2L frames (N, C, 2L, H, W) with the weights of :meth:`weigh`."""
        return self.loss_weight * reconstruction(predicted, target, weights)
