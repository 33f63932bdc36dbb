"""Masked positions of sequences find their true features among all of the batch."""

from __future__ import annotations

import torch.nn.functional as F
from mmaction.registry import MODELS
from torch import Tensor, nn

from ._common import as_float, check_positive, contrast_accuracy, dot, unit


def masked_prediction_logits(
    predictions: Tensor, targets: Tensor, masked: Tensor, temperature: float, first: int = 0
) -> tuple[Tensor, Tensor]:
    """Similarities of the predictions at masked positions to all features, and which is the true one.

    Returns:
        logits (P, M*V), rows and columns in the order of samples and positions, and targets (P,).
    """
    if predictions.dim() != 3 or predictions.shape[1:] != targets.shape[1:]:
        raise ValueError(
            'masked_prediction needs sequences (N, V, C) and (M, V, C), '
            f'got {tuple(predictions.shape)} and {tuple(targets.shape)}'
        )
    if masked.shape != predictions.shape[:2] or not masked.any():
        raise ValueError(
            f'masked_prediction needs a mask {tuple(predictions.shape[:2])} of at least one position'
        )
    if not 0 <= first <= len(targets) - len(predictions):
        raise ValueError(
            f'masked_prediction: samples {first} to {first + len(predictions) - 1} of '
            f'{len(targets)} asked for'
        )
    check_positive(temperature=temperature)
    predictions, targets = (unit(z.flatten(0, 1)) for z in as_float(predictions, targets))
    places = masked.flatten().nonzero()[:, 0]  # of a mask on the CPU: no wait
    places = places.to(predictions.device, non_blocking=True)
    logits = dot(predictions[places], targets) / temperature
    return logits, places + first * masked.shape[1]


def masked_prediction(
    predictions: Tensor, targets: Tensor, masked: Tensor, temperature: float = 0.07, first: int = 0
) -> Tensor:
    r"""Mean over the masked positions t of the sequences n.

    CBT (arXiv 1906.05743), with :math:`h(u, v) = \exp(\cos(u, v) / \tau)`, where the paper has plain
    dot products:

    .. math:: -\log \frac{h(\hat y_{nt}, e_{nt})}{\sum_{m, s} h(\hat y_{nt}, e_{ms})}

    Args:
        predictions: (N, V, C), not normalised.
        targets: (M, V, C), M >= N; those of other processes too.
        masked: (N, V) bool.
        temperature: tau.
        first: Place among the targets of the first prediction's sample; the others follow it.

    Raises:
        ValueError: for shapes that do not match, nothing masked or a temperature <= 0.
    """
    return F.cross_entropy(
        *masked_prediction_logits(predictions, targets, masked, temperature, first)
    )


@MODELS.register_module()
class MaskedPredictionLoss(nn.Module):
    """:func:`masked_prediction` times ``loss_weight``."""

    def __init__(self, temperature: float = 0.07, loss_weight: float = 1.0) -> None:
        super().__init__()
        check_positive(temperature=temperature)
        self.temperature = temperature
        self.loss_weight = loss_weight

    def forward(
        self, predictions: Tensor, targets: Tensor, masked: Tensor, first: int = 0
    ) -> Tensor:
        """Return the weighted loss."""
        return self.loss_and_accuracy(predictions, targets, masked, first)[0]

    def loss_and_accuracy(
        self, predictions: Tensor, targets: Tensor, masked: Tensor, first: int = 0
    ) -> tuple[Tensor, Tensor]:
        """Return the weighted loss and the share of predictions whose true feature scores highest."""
        logits, places = masked_prediction_logits(
            predictions, targets, masked, self.temperature, first
        )
        return self.loss_weight * F.cross_entropy(logits, places), contrast_accuracy(logits, places)
