"""Contrast of queries with the centroids of clusters (PCL's ProtoNCE)."""

from __future__ import annotations

import torch.nn.functional as F
from mmaction.registry import MODELS
from torch import Tensor, nn

from ._common import as_float, contrast_accuracy, dot, unit


def prototype_contrast_logits(
    queries: Tensor, centroids: Tensor, concentration: Tensor, kept: Tensor | None = None
) -> Tensor:
    """Cosine of queries (N, C) with centroids (K, C), each over its concentration (K,): (N, K).

    Where only some of the centroids are ``kept`` (K,), the others have minus infinity.
    """
    if queries.dim() != 2 or len(queries) < 1 or len(centroids) < 2:
        raise ValueError(
            'prototype_contrast needs queries (N, C) and at least 2 centroids (K, C), got '
            f'{tuple(queries.shape)} and {tuple(centroids.shape)}'
        )
    queries, centroids, concentration = as_float(queries, centroids, concentration)
    logits = dot(unit(queries), unit(centroids)) / concentration
    return logits if kept is None else logits.masked_fill(~kept, float('-inf'))


def prototype_contrast(
    queries: Tensor,
    centroids: Tensor,
    concentration: Tensor,
    clusters: Tensor,
    kept: Tensor | None = None,
) -> Tensor:
    r"""Mean over the queries i, s the cluster of query i.

    PCL (arXiv 2005.04966, Eq. 11) for one number of clusters:

    .. math:: -\log \frac{\exp(q_i \cdot c_s / \phi_s)}{\sum_j \exp(q_i \cdot c_j / \phi_j)}

    Args:
        queries: q, (N, C), not normalised.
        centroids: c, (K, C), each once; they are normalised here.
        concentration: phi, (K,), above 0.
        clusters: s, (N,).
        kept: Which centroids are candidates, (K,), those of the queries among them; None for all.

    Raises:
        ValueError: no query, or a single centroid.
    """
    logits = prototype_contrast_logits(queries, centroids, concentration, kept)
    return F.cross_entropy(logits, clusters)


@MODELS.register_module()
class PrototypeContrastLoss(nn.Module):
    """:func:`prototype_contrast` times ``loss_weight``."""

    def __init__(self, loss_weight: float = 1.0) -> None:
        super().__init__()
        self.loss_weight = loss_weight

    def forward(
        self,
        queries: Tensor,
        centroids: Tensor,
        concentration: Tensor,
        clusters: Tensor,
        kept: Tensor | None = None,
    ) -> Tensor:
        """Return the weighted loss."""
        return self.loss_and_accuracy(queries, centroids, concentration, clusters, kept)[0]

    def loss_and_accuracy(
        self,
        queries: Tensor,
        centroids: Tensor,
        concentration: Tensor,
        clusters: Tensor,
        kept: Tensor | None = None,
    ) -> tuple[Tensor, Tensor]:
        """Return the weighted loss and the share of queries whose centroid scores highest."""
        logits = prototype_contrast_logits(queries, centroids, concentration, kept)
        loss = self.loss_weight * F.cross_entropy(logits, clusters)
        return loss, contrast_accuracy(logits, clusters)
