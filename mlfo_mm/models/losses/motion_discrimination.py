"""Motion discrimination by temporally augmented features (Eq. 11-12)."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from mmaction.registry import MODELS
from torch import Tensor, nn

from ._common import (
    as_float,
    check_choice,
    check_pair,
    check_positive,
    contrast_accuracy,
    dot,
    unit,
)

NEGATIVES = ('same_view', 'all')


def motion_discrimination_logits(
    m1: Tensor,
    m2: Tensor,
    augmented1: Tensor,
    augmented2: Tensor,
    temperature: float,
    negatives: str,
) -> tuple[Tensor, Tensor]:
    """Similarities of the 2N anchors to their positive (column 0) and negatives, and the targets.

    Returns:
        logits (2N, 1 + A), or (2N, 1 + 2A + 2N) with -inf where a column is no negative of the
        anchor for ``negatives='all'``; targets (2N,), all 0.
    """
    check_choice('negatives', negatives, NEGATIVES)
    check_pair('motion_discrimination', m1, m2, min_samples=2 if negatives == 'all' else 1)
    check_positive(temperature=temperature)
    shapes = tuple(augmented1.shape), tuple(augmented2.shape)
    if shapes[0] != shapes[1] or shapes[0][1:] != m1.shape or not len(augmented1):
        raise ValueError(
            'motion_discrimination needs augmented features of shape (A >= 1, N, C) for views '
            f'of shape {tuple(m1.shape)}, got {shapes[0]} and {shapes[1]}'
        )
    m1, m2, augmented1, augmented2 = map(unit, as_float(m1, m2, augmented1, augmented2))
    anchors = torch.cat([m1, m2])  # (2N, C)
    positive = (m1 * m2).sum(dim=-1).repeat(2)[:, None]  # (2N, 1)
    own_view = torch.cat([augmented1, augmented2], dim=1)  # (A, 2N, C)
    columns = [positive, (anchors * own_view).sum(dim=-1).mT]
    if negatives == 'all':
        other_view = own_view.roll(len(m1), dims=1)
        same_sample = torch.eye(len(m1), dtype=torch.bool, device=m1.device).repeat(2, 2)
        others = dot(anchors, anchors).masked_fill(same_sample, -torch.inf)  # (2N, 2N)
        columns += [(anchors * other_view).sum(dim=-1).mT, others]
    logits = torch.cat(columns, dim=1) / temperature
    return logits, torch.zeros(len(logits), dtype=torch.long, device=logits.device)


def motion_discrimination(
    m1: Tensor,
    m2: Tensor,
    augmented1: Tensor,
    augmented2: Tensor,
    temperature: float = 0.07,
    negatives: str = 'same_view',
) -> Tensor:
    r"""Eq. 11-12: tell a clip from its own temporally augmented (shuffled, reversed) versions.

    With :math:`h(u, v) = \exp(\cos(u, v) / \tau)`, the mean over the 2N anchors (i, a), b the other
    view, of

    .. math:: -\log \frac{h(m_i^a, m_i^b)}{h(m_i^a, m_i^b) + \sum_n h(m_i^a, \tilde m_{n,i}^a)}

    Args:
        m1: motion embeddings of view 1, (N, C), not normalised.
        m2: motion embeddings of view 2, (N, C).
        augmented1: embeddings of the A augmented versions of view 1, (A, N, C).
        augmented2: embeddings of the A augmented versions of view 2, (A, N, C).
        temperature: tau.
        negatives: ``same_view`` as above, or ``all`` as the released code: the sample's augmented
            versions in both views and the original clips of all other samples in both views.

    Raises:
        ValueError: for shapes that do not fit, A < 1, or N < 2 with ``negatives='all'``.
    """
    return F.cross_entropy(
        *motion_discrimination_logits(m1, m2, augmented1, augmented2, temperature, negatives)
    )


@MODELS.register_module()
class MotionDiscriminationLoss(nn.Module):
    """:func:`motion_discrimination` times ``loss_weight``."""

    def __init__(
        self, temperature: float = 0.07, negatives: str = 'same_view', loss_weight: float = 1.0
    ) -> None:
        super().__init__()
        check_positive(temperature=temperature)
        check_choice('negatives', negatives, NEGATIVES)
        self.temperature = temperature
        self.negatives = negatives
        self.loss_weight = loss_weight

    def forward(self, m1: Tensor, m2: Tensor, augmented1: Tensor, augmented2: Tensor) -> Tensor:
        """Return the weighted loss."""
        return self.loss_and_accuracy(m1, m2, augmented1, augmented2)[0]

    def loss_and_accuracy(
        self, m1: Tensor, m2: Tensor, augmented1: Tensor, augmented2: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Return the weighted loss and the share of anchors whose positive scores highest."""
        logits, targets = motion_discrimination_logits(
            m1, m2, augmented1, augmented2, self.temperature, self.negatives
        )
        loss = self.loss_weight * F.cross_entropy(logits, targets)
        return loss, contrast_accuracy(logits, targets)
