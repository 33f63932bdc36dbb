"""Semantic discrimination with prototypes (Eq. 4)."""

from __future__ import annotations

from mmaction.registry import MODELS
from torch import Tensor, nn

from ._common import as_float, check_positive, check_prototypes


def swapped_prediction(
    logits1: Tensor,
    logits2: Tensor,
    targets1: Tensor,
    targets2: Tensor,
    temperature: float = 0.1,
) -> Tensor:
    r"""Eq. 4: each view predicts the prototype assignment of the other.

    .. math:: -\frac{1}{N} \sum_i \sum_k s^2_{ik} \log p^1_{ik} + s^1_{ik} \log p^2_{ik},
        \qquad p^a = \mathrm{softmax}(\mathrm{logits}^a / \tau)

    The released code halves this sum; a ``loss_weight`` of 0.5 says the same.

    Args:
        logits1: prototype scores of view 1, (N, K).
        logits2: prototype scores of view 2, (N, K).
        targets1: assignment of view 1, (N, K), rows summing to 1; no gradient flows into it.
        targets2: assignment of view 2, (N, K).
        temperature: tau of the softmax.

    Raises:
        ValueError: for K < 2, an empty batch, different shapes or a temperature <= 0.
    """
    check_prototypes('swapped_prediction', logits1, logits2, targets1, targets2)
    check_positive(temperature=temperature)
    logits1, logits2, targets1, targets2 = as_float(logits1, logits2, targets1, targets2)
    first = targets2.detach() * (logits1 / temperature).log_softmax(dim=1)  # (N, K)
    second = targets1.detach() * (logits2 / temperature).log_softmax(dim=1)
    return -(first + second).sum(dim=1).mean()


@MODELS.register_module()
class SwappedPredictionLoss(nn.Module):
    """:func:`swapped_prediction` times ``loss_weight``."""

    def __init__(self, temperature: float = 0.1, loss_weight: float = 1.0) -> None:
        super().__init__()
        check_positive(temperature=temperature)
        self.temperature = temperature
        self.loss_weight = loss_weight

    def forward(
        self, logits1: Tensor, logits2: Tensor, targets1: Tensor, targets2: Tensor
    ) -> Tensor:
        """Return the weighted loss."""
        return self.loss_weight * swapped_prediction(
            logits1, logits2, targets1, targets2, self.temperature
        )
