"""Dense predictive coding: every position of every predicted map finds its true counterpart."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from mmaction.registry import MODELS
from torch import Tensor, nn

from ._common import as_float, contrast_accuracy, dot


def dense_prediction_logits(
    predictions: Tensor, targets: Tensor, first: int = 0
) -> tuple[Tensor, Tensor]:
    """Dot products of all predictions with all true features, and which one is the positive.

    Returns:
        logits (N*S*H*W, M*S*H*W), rows and columns in the order of samples, steps, rows and columns of
        the map, and targets (N*S*H*W,).
    """
    _check(predictions, targets, first)
    samples = len(predictions)
    predictions, targets = as_float(predictions, targets)
    rows = predictions.movedim(2, -1).flatten(0, 3)  # (N*S*H*W, C)
    columns = targets.movedim(2, -1).flatten(0, 3)  # (M*S*H*W, C)
    index = torch.arange(len(rows), device=rows.device)
    return dot(rows, columns), index + first * (len(rows) // samples)


def dense_prediction(predictions: Tensor, targets: Tensor, first: int = 0) -> Tensor:
    r"""Mean over samples n, steps s and positions p of the predictions.

    DPC (arXiv 1909.04656) and MemDPC (arXiv 2008.01065), with dot products that are neither
    normalised nor divided by a temperature:

    .. math:: -\log \frac{\exp(\hat z_{nsp} \cdot z_{nsp})}{\sum_{mtq} \exp(\hat z_{nsp} \cdot z_{mtq})}

    Negatives are other positions of the same map, other steps of the same sample, and other samples.

    Args:
        predictions: Predicted maps of S steps, (N, S, C, H, W).
        targets: True maps, (M, S, C, H, W), M >= N; those of other processes too.
        first: Place among the targets of the first prediction's sample; the others follow it.

    Raises:
        ValueError: for maps that do not match, or a single candidate.
    """
    return F.cross_entropy(*dense_prediction_logits(predictions, targets, first))


def _check(predictions: Tensor, targets: Tensor, first: int) -> None:
    if predictions.dim() != 5 or predictions.shape[1:] != targets.shape[1:]:
        raise ValueError(
            'dense_prediction needs maps (N, S, C, H, W) and (M, S, C, H, W), '
            f'got {tuple(predictions.shape)} and {tuple(targets.shape)}'
        )
    if not 0 <= first <= len(targets) - len(predictions):
        raise ValueError(
            f'dense_prediction: samples {first} to {first + len(predictions) - 1} of '
            f'{len(targets)} asked for'
        )
    if targets[:, :, 0].numel() < 2:
        raise ValueError(
            'dense_prediction needs at least 2 positions to tell apart: raise the batch size'
        )


@MODELS.register_module()
class DensePredictionLoss(nn.Module):
    """:func:`dense_prediction` times ``loss_weight``."""

    def __init__(self, loss_weight: float = 1.0) -> None:
        super().__init__()
        self.loss_weight = loss_weight

    def forward(self, predictions: Tensor, targets: Tensor, first: int = 0) -> Tensor:
        """Return the weighted loss."""
        return self.loss_and_accuracy(predictions, targets, first)[0]

    def loss_and_accuracy(
        self, predictions: Tensor, targets: Tensor, first: int = 0
    ) -> tuple[Tensor, Tensor]:
        """Return the weighted loss and the share of predictions whose counterpart scores highest."""
        logits, index = dense_prediction_logits(predictions, targets, first)
        return self.loss_weight * F.cross_entropy(logits, index), contrast_accuracy(logits, index)
