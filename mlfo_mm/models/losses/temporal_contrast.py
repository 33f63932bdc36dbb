"""Clips of one video told from each other by when they play (TCLR's local-local loss)."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from mmaction.registry import MODELS
from torch import Tensor

from ._common import as_float, check_positive, dot, unit
from ._two_views import TwoViewContrastLoss


def temporal_contrast_logits(z1: Tensor, z2: Tensor, temperature: float) -> tuple[Tensor, Tensor]:
    """Similarities of a video's 2L embeddings to each other, and which one is the positive.

    Returns:
        logits (N*2L, 2L), -inf where an embedding meets itself, and targets (N*2L,).
    """
    check_positive(temperature=temperature)
    if z1.dim() != 3 or z1.shape != z2.shape or len(z1) < 1 or z1.shape[1] < 2:
        raise ValueError(
            'temporal_contrast needs two views of N >= 1 videos and at least 2 clips each, '
            f'(N, L, C), got {tuple(z1.shape)} and {tuple(z2.shape)}'
        )
    z = unit(torch.cat(as_float(z1, z2), 1))  # (N, 2L, C)
    own = torch.eye(z.shape[1], dtype=torch.bool, device=z.device)
    logits = (dot(z, z) / temperature).masked_fill(own, -torch.inf)
    targets = torch.arange(z.shape[1], device=z.device).roll(z1.shape[1])
    return logits.flatten(0, 1), targets.repeat(len(z))


def temporal_contrast(z1: Tensor, z2: Tensor, temperature: float = 0.1) -> Tensor:
    r"""NT-Xent among the clips of each video alone.

    TCLR (arXiv 2101.07974, Sec. 3.1), with :math:`h(u, v) = \exp(\cos(u, v) / \tau)`: the mean over
    videos n, clips l and views a, b the other view, of

    .. math:: -\log \frac{h(z_{nl}^a, z_{nl}^b)}
        {h(z_{nl}^a, z_{nl}^b) + \sum_{k \ne l} h(z_{nl}^a, z_{nk}^1) + h(z_{nl}^a, z_{nk}^2)}

    Args:
        z1: embeddings of view 1, (N, L, C), not normalised; clip l of both views is the same.
        z2: embeddings of view 2, (N, L, C).
        temperature: tau.

    Raises:
        ValueError: for different shapes, no video, L < 2 or a temperature <= 0.
    """
    return F.cross_entropy(*temporal_contrast_logits(z1, z2, temperature))


@MODELS.register_module()
class TemporalContrastLoss(TwoViewContrastLoss):
    """:func:`temporal_contrast` times ``loss_weight``."""

    logits = staticmethod(temporal_contrast_logits)

    def __init__(self, temperature: float = 0.1, loss_weight: float = 1.0) -> None:
        super().__init__(temperature, loss_weight)
