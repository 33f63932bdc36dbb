"""What contrasts of two views are as modules."""

from __future__ import annotations

import torch.nn.functional as F
from torch import Tensor, nn

from ._common import check_positive, contrast_accuracy


class TwoViewContrastLoss(nn.Module):
    """Cross-entropy of the similarities of two views, times ``loss_weight``.

    A subclass says which similarities: ``logits``.
    """

    @staticmethod
    def logits(z1: Tensor, z2: Tensor, temperature: float) -> tuple[Tensor, Tensor]:
        """Similarities of the anchors to their candidates, and which one is the positive."""
        raise NotImplementedError

    def __init__(self, temperature: float, loss_weight: float) -> None:
        super().__init__()
        check_positive(temperature=temperature)
        self.temperature = temperature
        self.loss_weight = loss_weight

    def forward(self, z1: Tensor, z2: Tensor) -> Tensor:
        """Return the weighted loss."""
        return self.loss_and_accuracy(z1, z2)[0]

    def loss_and_accuracy(self, z1: Tensor, z2: Tensor) -> tuple[Tensor, Tensor]:
        """Return the weighted loss and the share of anchors whose positive scores highest."""
        logits, targets = self.logits(z1, z2, self.temperature)
        loss = self.loss_weight * F.cross_entropy(logits, targets)
        return loss, contrast_accuracy(logits, targets)
