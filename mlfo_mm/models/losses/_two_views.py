"""What contrasts of two views are as modules."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

import torch.nn.functional as F
from torch import Tensor, nn

from ._common import check_positive, contrast_accuracy


class TwoViewContrastLoss(nn.Module):
    """Cross-entropy of the similarities of two views, times ``loss_weight``.

    A subclass has ``logits(z1, z2, temperature)``: the similarities, and which of them is the positive's.
    """

    logits: ClassVar[Callable[[Tensor, Tensor, float], tuple[Tensor, Tensor]]]

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
