"""Contrast of queries that may have several positives, and where these are found."""

from __future__ import annotations

import torch
from mmaction.registry import MODELS
from torch import Tensor, nn

from ._common import contrast_accuracy
from .info_nce import info_nce_logits


def multi_nce(logits: Tensor, positives: Tensor) -> Tensor:
    r"""Mean over the queries of :math:`-\log \sum_{p} \mathrm{softmax}(l_i)_p` over their positives.

    CoCLR (arXiv 2010.09709, Eq. 2): the sum over positives stands inside the logarithm.

    Args:
        logits: (N, K).
        positives: (N, K) bool, at least one a row.
    """
    chosen = logits.masked_fill(~positives, -torch.inf)
    return (logits.logsumexp(1) - chosen.logsumexp(1)).mean()


@torch.no_grad()
def mine(scores: Tensor, same: Tensor, topk: int) -> Tensor:
    """Positives (N, K) among K candidates: those of the same source, and the best of the others.

    Args:
        scores: (N, K) of another view.
        same: (N, K) bool, of the same source as the query; they are not ranked.
        topk: How many of the others.
    """
    ranked = scores.masked_fill(same, -torch.inf)
    best = ranked.topk(min(topk, scores.shape[1]), dim=1)
    found = torch.zeros_like(same).scatter(1, best.indices, best.values > -torch.inf)
    return same | found


@MODELS.register_module()
class MultiNCELoss(nn.Module):
    """:func:`multi_nce` of queries, each with a key of its own and with marked ones in a queue."""

    def __init__(self, temperature: float = 0.07, loss_weight: float = 1.0) -> None:
        super().__init__()
        self.temperature = temperature
        self.loss_weight = loss_weight

    def loss_and_accuracy(
        self, queries: Tensor, keys: Tensor, queue: Tensor, positives: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Return the weighted loss and the share of queries whose own key scores highest.

        Args:
            queries: (N, C), not normalised.
            keys: (N, C), row i a positive of query i.
            queue: (K, C) of all queries.
            positives: (N, K) bool, further positives in the queue.
        """
        logits, own = info_nce_logits(queries, keys, queue, self.temperature)
        mask = torch.cat([positives.new_ones(len(positives), 1), positives], 1)
        return self.loss_weight * multi_nce(logits, mask), contrast_accuracy(logits, own)
