"""Instance discrimination (Eq. 2-3)."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from mmaction.registry import MODELS
from torch import Tensor

from ._common import as_float, check_pair, check_positive, dot, unit
from ._two_views import TwoViewContrastLoss


def nt_xent_logits(z1: Tensor, z2: Tensor, temperature: float) -> tuple[Tensor, Tensor]:
    """Similarities of the 2N anchors to all embeddings, and which one is the positive.

    Returns:
        logits (2N, 2N), -inf where an anchor meets itself, and targets (2N,).
    """
    check_pair('nt_xent', z1, z2)
    check_positive(temperature=temperature)
    z = unit(torch.cat(as_float(z1, z2)))  # (2N, C)
    logits = (dot(z, z) / temperature).fill_diagonal_(-torch.inf)
    targets = torch.arange(len(z), device=z.device).roll(len(z1))
    return logits, targets


def nt_xent(z1: Tensor, z2: Tensor, temperature: float = 0.07) -> Tensor:
    r"""Eq. 2-3: InfoNCE; negatives are all other samples in both views.

    With :math:`h(u, v) = \exp(\cos(u, v) / \tau)`, the mean over the 2N anchors (i, a), b the other
    view, of

    .. math:: -\log \frac{h(z_i^a, z_i^b)}
        {h(z_i^a, z_i^b) + \sum_{k \ne i} h(z_i^a, z_k^1) + h(z_i^a, z_k^2)}

    The paper sums where this takes the mean (as the released code does).

    Args:
        z1: embeddings of view 1, (N, C), not normalised; row i of both views is the same sample.
        z2: embeddings of view 2, (N, C).
        temperature: tau.

    Raises:
        ValueError: for N < 2, different shapes or a temperature <= 0.
    """
    return F.cross_entropy(*nt_xent_logits(z1, z2, temperature))


@MODELS.register_module()
class NTXentLoss(TwoViewContrastLoss):
    """:func:`nt_xent` times ``loss_weight``."""

    logits = staticmethod(nt_xent_logits)

    def __init__(self, temperature: float = 0.07, loss_weight: float = 1.0) -> None:
        super().__init__(temperature, loss_weight)
