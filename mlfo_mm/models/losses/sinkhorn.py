"""Balanced soft assignment of samples to prototypes."""

from __future__ import annotations

import torch
from torch import Tensor

from ._common import as_float, check_positive, check_prototypes


@torch.no_grad()
def sinkhorn(scores: Tensor, epsilon: float = 0.05, num_iters: int = 3) -> Tensor:
    """Targets of Eq. 4: ``exp(scores / epsilon)`` balanced by Sinkhorn-Knopp, rows sum to 1.

    Each iteration gives every prototype the same total mass, then every sample the same. The work
    is done on logarithms, so no scale of the scores over- or underflows.

    Args:
        scores: (B, K) prototype scores; under several processes the gathered ones, so that all
            agree.
        epsilon: entropy weight; small values give sharper assignments.
        num_iters: iterations, at least 1.

    Returns:
        (B, K) assignment without gradient, float32 (float64 for float64 scores).

    Raises:
        ValueError: for scores that are not (B, K) with K >= 2, epsilon <= 0 or num_iters < 1.
    """
    check_prototypes('sinkhorn', scores)
    check_positive(epsilon=epsilon, num_iters=num_iters)
    (log_q,) = as_float(scores)
    log_q = (log_q - log_q.max()) / epsilon
    for _ in range(num_iters):
        log_q = log_q - log_q.logsumexp(dim=0)  # prototypes: columns sum to 1
        log_q = log_q - log_q.logsumexp(dim=1, keepdim=True)  # samples: rows sum to 1
    return log_q.softmax(dim=1)  # undoes what rounding left of the last step on large scores
