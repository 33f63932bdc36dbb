"""Ranking of two keys: a query is nearer to the one that is like it (RSPNet)."""

from __future__ import annotations

import torch
from mmaction.registry import MODELS
from torch import Tensor, nn

from ._common import as_float, check_pair, check_positive, unit


def margin_ranking_scores(
    queries: Tensor, like: Tensor, unlike: Tensor, temperature: float
) -> tuple[Tensor, Tensor]:
    """Similarity of each query to the key that is like it and to the other, (N,) each."""
    check_pair('margin_ranking', queries, like, min_samples=1)
    check_pair('margin_ranking', queries, unlike, min_samples=1)
    check_positive(temperature=temperature)
    queries, like, unlike = (unit(z) for z in as_float(queries, like, unlike))
    return (queries * like).sum(1) / temperature, (queries * unlike).sum(1) / temperature


def margin_ranking(
    queries: Tensor, like: Tensor, unlike: Tensor, temperature: float = 0.07, margin: float = 2.0
) -> Tensor:
    r"""Mean over the queries of a triplet's loss.

    RSPNet (arXiv 2011.07949, Eq. 4), with :math:`s(u, v) = \cos(u, v) / \tau` as in the released code:

    .. math:: \max(0, m - (s(q_i, k_i^{+}) - s(q_i, k_i^{-})))

    Args:
        queries: q, (N, C), not normalised.
        like: k+, (N, C).
        unlike: k-, (N, C).
        temperature: tau.
        margin: m, of similarities that are divided by tau already.

    Raises:
        ValueError: for different shapes, no query or a temperature <= 0.
    """
    near, far = margin_ranking_scores(queries, like, unlike, temperature)
    return (margin - (near - far)).clamp_min(0).mean()


@MODELS.register_module()
class MarginRankingLoss(nn.Module):
    """:func:`margin_ranking` times ``loss_weight``."""

    def __init__(
        self, temperature: float = 0.07, margin: float = 2.0, loss_weight: float = 1.0
    ) -> None:
        super().__init__()
        check_positive(temperature=temperature, margin=margin)
        self.temperature = temperature
        self.margin = margin
        self.loss_weight = loss_weight

    def forward(self, queries: Tensor, like: Tensor, unlike: Tensor) -> Tensor:
        """Return the weighted loss."""
        return self.loss_and_accuracy(queries, like, unlike)[0]

    def loss_and_accuracy(
        self, queries: Tensor, like: Tensor, unlike: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Return the weighted loss and the share of queries that are strictly nearer to their like."""
        near, far = margin_ranking_scores(queries, like, unlike, self.temperature)
        loss = self.loss_weight * (self.margin - (near - far)).clamp_min(0).mean()
        return loss, (near.detach() > far).to(torch.float32).mean()
