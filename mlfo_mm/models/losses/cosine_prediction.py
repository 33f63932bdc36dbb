"""Regression of one embedding on another on the unit sphere."""

from __future__ import annotations

from mmaction.registry import MODELS
from torch import Tensor, nn

from ._common import as_float, check_pair, unit


def cosine_prediction(predictions: Tensor, targets: Tensor) -> Tensor:
    r"""Mean over the samples of the squared distance on the sphere.

    BYOL (arXiv 2006.07733, Eq. 2):

    .. math:: \| \bar p_i - \bar t_i \|^2 = 2 - 2 \cos(p_i, t_i)

    Args:
        predictions: (N, C), not normalised.
        targets: (N, C); no gradient flows into them.

    Raises:
        ValueError: for different shapes or an empty batch.
    """
    check_pair('cosine_prediction', predictions, targets, min_samples=1)
    predictions, targets = as_float(predictions, targets)
    return (2 - 2 * (unit(predictions) * unit(targets.detach())).sum(1)).mean()


@MODELS.register_module()
class CosinePredictionLoss(nn.Module):
    """:func:`cosine_prediction` times ``loss_weight``."""

    def __init__(self, loss_weight: float = 1.0) -> None:
        super().__init__()
        self.loss_weight = loss_weight

    def forward(self, predictions: Tensor, targets: Tensor) -> Tensor:
        """Return the weighted loss."""
        return self.loss_weight * cosine_prediction(predictions, targets)
