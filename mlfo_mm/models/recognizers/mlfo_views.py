"""What MLFO makes of its views: reversed and shuffled steps, pairs of steps, one gathering."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from ..utils import gather_all


def augment_time(features: Tensor, kind: str) -> Tensor:
    """Features or clips (M, C, T', H', W') with their steps reversed or shuffled (never left in order).

    Raises:
        ValueError: Fewer than two steps, or an unknown kind.
    """
    steps = features.shape[2]
    if steps < 2:
        raise ValueError(
            f'temporal augmentation needs at least 2 time steps, the level has {steps}: raise clip_len'
        )
    if kind == 'reverse':
        return features.flip(2)
    if kind != 'shuffle':
        raise ValueError(f"augmentations are 'reverse' and 'shuffle', not {kind!r}")
    order = torch.rand(features.shape[0], steps).argsort(1)
    in_order = (order == torch.arange(steps)).all(1)
    order = torch.where(in_order[:, None], order.roll(1, 1), order)
    index = order.to(features.device, non_blocking=True)[:, None, :, None, None]
    return features.gather(2, index.expand_as(features))


def pair_steps(short_steps: Tensor, long_steps: Tensor) -> tuple[Tensor, Tensor]:
    """Queries for timestamp retrieval: both short clips pooled to the long clip's rate, one after the other.

    Args:
        short_steps: (2N, D, T'), view by view.
        long_steps: (N, D, T_long).

    Returns:
        Queries (N, D, T_long) and which step of the long clip each is, (T_long,).
    """
    length = long_steps.shape[2]
    if length < 2 or length % 2:
        raise ValueError(
            f'timestamp retrieval needs an even number of long steps, got {length}: change clip_len'
        )
    first, second = F.adaptive_avg_pool1d(short_steps, length // 2).chunk(2)
    return torch.cat([first, second], 2), torch.arange(length)


def gather_views(local: dict[tuple[str, str], Tensor]) -> dict[tuple[str, str], list[Tensor]]:
    """Both views of each embedding (2N, D) or (A, 2N, D), from all processes, in one collective."""
    flat = []
    for z in local.values():
        rows = z.transpose(0, 1).flatten(1) if z.ndim == 3 else z  # (2N, A*D) where augmented
        flat += rows.chunk(2)
    gathered = gather_all(flat)
    views = {}
    for index, (key, z) in enumerate(local.items()):
        pair = gathered[2 * index : 2 * index + 2]
        if z.ndim == 3:
            pair = [p.unflatten(1, (z.shape[0], -1)).transpose(0, 1) for p in pair]  # (A, N, D)
        views[key] = pair
    return views
