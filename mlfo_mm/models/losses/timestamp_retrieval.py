"""Retrieval of the time steps of a short clip in a long one (Eq. 13)."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from mmaction.registry import MODELS
from torch import Tensor, nn

from ._common import as_float, check_positive, contrast_accuracy, dot, unit

LogitsTargets = tuple[Tensor, Tensor]


def timestamp_retrieval_logits(
    short: Tensor, long: Tensor, positions: Tensor, temperature: float
) -> tuple[LogitsTargets, LogitsTargets]:
    """Similarities and targets of both directions.

    Returns:
        short to long: logits (N * Ts, Tl), targets (N * Ts,); and long to short: for each short
        step the long step that it is, logits (N * Ts, Ts), targets (N * Ts,).
    """
    check_positive(temperature=temperature)
    if short.dim() != 3 or long.dim() != 3 or short.shape[:2] != long.shape[:2] or len(short) < 1:
        raise ValueError(
            'timestamp_retrieval needs short (N, C, Ts) and long (N, C, Tl) of the same '
            f'N >= 1 and C, got {tuple(short.shape)} and {tuple(long.shape)}'
        )
    num_samples, num_short, num_long = len(short), short.shape[2], long.shape[2]
    if num_long < 2:
        raise ValueError(
            f'timestamp_retrieval needs at least 2 time steps in the long clip, got {num_long}: '
            'use longer clips or a lower level'
        )
    if positions.shape != (num_short,) or positions.is_floating_point() or num_short < 1:
        raise ValueError(
            f'timestamp_retrieval needs {num_short} integer positions, one for each short step, '
            f'got {positions.dtype} of shape {tuple(positions.shape)}'
        )
    if not 0 <= int(positions.min()) <= int(positions.max()) < num_long:
        raise ValueError(
            f'timestamp_retrieval: positions {positions.tolist()} must be in 0..{num_long - 1}, '
            'the steps of the long clip'
        )
    short, long = (unit(x.mT) for x in as_float(short, long))  # (N, T, C)
    positions = positions.to(short.device, torch.long, non_blocking=True)
    similarity = dot(short, long) / temperature  # (N, Ts, Tl)
    backward = similarity[:, :, positions].mT  # (N, Ts, Ts): row s is the long step of short step s
    steps = torch.arange(num_short, device=short.device)
    return (
        (similarity.flatten(0, 1), positions.repeat(num_samples)),
        (backward.flatten(0, 1), steps.repeat(num_samples)),
    )


def timestamp_retrieval(
    short: Tensor,
    long: Tensor,
    positions: Tensor,
    temperature: float = 0.07,
    symmetric: bool = False,
) -> Tensor:
    r"""Eq. 13: find each step of a short clip among the steps of a long clip of the same video.

    With :math:`h(u, v) = \exp(\cos(u, v) / \tau)`, the mean over the samples i and short steps s of

    .. math:: -\log \frac{h(f_{i,s}, g_{i,p(s)})}{\sum_t h(f_{i,s}, g_{i,t})}

    Args:
        short: f, (N, C, Ts), not normalised.
        long: g, (N, C, Tl).
        positions: p, (Ts,) integers: which long step each short step is. On the CPU for speed:
            checking its range would make a GPU wait.
        temperature: tau.
        symmetric: as the released code, the mean of this and of the opposite direction: find short
            step s among the short steps from long step p(s).

    Raises:
        ValueError: for shapes that do not fit, Tl < 2 or positions outside 0..Tl-1.
    """
    forward, backward = timestamp_retrieval_logits(short, long, positions, temperature)
    loss = F.cross_entropy(*forward)
    return (loss + F.cross_entropy(*backward)) / 2 if symmetric else loss


@MODELS.register_module()
class TimestampRetrievalLoss(nn.Module):
    """:func:`timestamp_retrieval` times ``loss_weight``."""

    def __init__(
        self, temperature: float = 0.07, symmetric: bool = False, loss_weight: float = 1.0
    ) -> None:
        super().__init__()
        check_positive(temperature=temperature)
        self.temperature = temperature
        self.symmetric = symmetric
        self.loss_weight = loss_weight

    def forward(self, short: Tensor, long: Tensor, positions: Tensor) -> Tensor:
        """Return the weighted loss."""
        return self.loss_and_accuracy(short, long, positions)[0]

    def loss_and_accuracy(
        self, short: Tensor, long: Tensor, positions: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Return the weighted loss and the share of steps found, over the directions in use."""
        both = timestamp_retrieval_logits(short, long, positions, self.temperature)
        used = both if self.symmetric else both[:1]
        loss = torch.stack([F.cross_entropy(*pair) for pair in used]).mean()
        accuracy = torch.stack([contrast_accuracy(*pair) for pair in used]).mean()
        return self.loss_weight * loss, accuracy
