"""Contrast of queries with one key each, shared negatives, and some of their own."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from mmaction.registry import MODELS
from torch import Tensor, nn

from ._common import as_float, check_pair, check_positive, contrast_accuracy, dot, unit


def info_nce_logits(
    queries: Tensor,
    keys: Tensor,
    negatives: Tensor,
    temperature: float,
    own: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """Similarities of each query to its key (column 0), all negatives and its own, and the targets.

    Returns:
        logits (N, 1 + K + M) and targets (N,), all 0.
    """
    check_pair('info_nce', queries, keys, min_samples=1)
    check_positive(temperature=temperature)
    queries, keys, negatives = (unit(z) for z in as_float(queries, keys, negatives))
    positive = (queries * keys).sum(1, keepdim=True)  # (N, 1)
    columns = [positive, dot(queries, negatives)]
    if own is not None:
        (own,) = as_float(own)
        columns.append((queries[:, None] * unit(own)).sum(2))  # (N, M)
    logits = torch.cat(columns, dim=1) / temperature
    return logits, torch.zeros(len(logits), dtype=torch.long, device=logits.device)


def info_nce(
    queries: Tensor,
    keys: Tensor,
    negatives: Tensor,
    temperature: float = 0.07,
    own: Tensor | None = None,
) -> Tensor:
    r"""InfoNCE, mean over the queries.

    MoCo (arXiv 1911.05722, Eq. 1), with :math:`h(u, v) = \exp(\cos(u, v) / \tau)`:

    .. math:: -\log \frac{h(q_i, k_i)}{h(q_i, k_i) + \sum_j h(q_i, n_j)}

    Args:
        queries: (N, C), not normalised.
        keys: (N, C), row i the positive of query i.
        negatives: (K, C) of all queries; with K = 0 the loss is 0.
        temperature: tau.
        own: (N, M, C), more negatives, of the query of the same row alone.

    Raises:
        ValueError: for different shapes, no query or a temperature <= 0.
    """
    return F.cross_entropy(*info_nce_logits(queries, keys, negatives, temperature, own))


@MODELS.register_module()
class InfoNCELoss(nn.Module):
    """:func:`info_nce` times ``loss_weight``."""

    def __init__(self, temperature: float = 0.07, loss_weight: float = 1.0) -> None:
        super().__init__()
        check_positive(temperature=temperature)
        self.temperature = temperature
        self.loss_weight = loss_weight

    def forward(self, queries: Tensor, keys: Tensor, negatives: Tensor) -> Tensor:
        """Return the weighted loss."""
        return self.loss_and_accuracy(queries, keys, negatives)[0]

    def loss_and_accuracy(
        self, queries: Tensor, keys: Tensor, negatives: Tensor, own: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Return the weighted loss and the share of queries whose key scores highest."""
        logits, targets = info_nce_logits(queries, keys, negatives, self.temperature, own)
        loss = self.loss_weight * F.cross_entropy(logits, targets)
        return loss, contrast_accuracy(logits, targets)
