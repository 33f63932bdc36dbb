"""Contrast of queries with the centroids of clusters (PCL's ProtoNCE)."""

from __future__ import annotations

import torch.nn.functional as F
from mmaction.registry import MODELS
from torch import Tensor, nn

from ._common import as_float, contrast_accuracy, dot, unit


def prototype_contrast_logits(queries: Tensor, centroids: Tensor, concentration: Tensor) -> Tensor:
    """Cosine of queries (N, C) with centroids (K, C), each over its concentration (K,): (N, K)."""
    if queries.dim() != 2 or len(queries) < 1 or len(centroids) < 2:
        raise ValueError(
            'prototype_contrast needs queries (N, C) and at least 2 centroids (K, C), got '
            f'{tuple(queries.shape)} and {tuple(centroids.shape)}'
        )
    queries, centroids, concentration = as_float(queries, centroids, concentration)
    return dot(unit(queries), unit(centroids)) / concentration


def prototype_contrast(
    queries: Tensor, centroids: Tensor, concentration: Tensor, clusters: Tensor
) -> Tensor:
    r"""Mean over the queries i, s the cluster of query i.

    PCL (arXiv 2005.04966, Eq. 11) for one number of clusters:

    .. math:: -\log \frac{\exp(q_i \cdot c_s / \phi_s)}{\sum_j \exp(q_i \cdot c_j / \phi_j)}

    Args:
        queries: q, (N, C), not normalised.
        centroids: c, (K, C), each once; they are normalised here.
        concentration: phi, (K,), above 0.
        clusters: s, (N,).

    Raises:
        ValueError: no query, or a single centroid.
    """
    return F.cross_entropy(prototype_contrast_logits(queries, centroids, concentration), clusters)


@MODELS.register_module()
class PrototypeContrastLoss(nn.Module):
    """:func:`prototype_contrast` times ``loss_weight``."""

    def __init__(self, loss_weight: float = 1.0) -> None:
        super().__init__()
        self.loss_weight = loss_weight

    def forward(
        self, queries: Tensor, centroids: Tensor, concentration: Tensor, clusters: Tensor
    ) -> Tensor:
        """Return the weighted loss."""
        return self.loss_and_accuracy(queries, centroids, concentration, clusters)[0]

    def loss_and_accuracy(
        self, queries: Tensor, centroids: Tensor, concentration: Tensor, clusters: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Return the weighted loss and the share of queries whose centroid scores highest."""
        logits = prototype_contrast_logits(queries, centroids, concentration)
        loss = self.loss_weight * F.cross_entropy(logits, clusters)
        return loss, contrast_accuracy(logits, clusters)
