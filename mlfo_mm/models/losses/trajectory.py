"""Boxes that move: what is predicted of them, and how far off it is (CtP, arXiv 2105.02545)."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from mmaction.registry import MODELS
from torch import Tensor, nn

from ._common import as_float, check_positive

PIXEL = 1 / 112  # of the frames that the released code has


def trajectory_targets(
    boxes: Tensor, place_unit: float = 0.8 * PIXEL, size_unit: float = 0.04
) -> Tensor:
    """What becomes of boxes (..., T, 4) after their first frame, (..., T, 4).

    Args:
        boxes: Corners x1, y1, x2, y2 as shares of the frame's side.
        place_unit: Unit of the centre's way in x and y, as such a share.
        size_unit: Unit of the change of the logarithms of width and height.
    """
    low, high = boxes[..., :2], boxes[..., 2:]
    centre, size = (low + high) / 2, (high - low).clamp_min(PIXEL).log()
    moved = (centre - centre[..., :1, :]) / place_unit
    grown = (size - size[..., :1, :]) / size_unit
    return torch.cat([moved, grown], -1)


def trajectory_loss(predicted: Tensor, targets: Tensor) -> tuple[Tensor, Tensor]:
    """Smooth L1 (beta 1) of predictions (..., T, 4): of the places, and of the sizes.

    Summed over the two coordinates, the mean over all boxes and frames.
    """
    predicted, targets = as_float(predicted, targets)
    off = F.smooth_l1_loss(predicted, targets, reduction='none')
    return off[..., :2].sum(-1).mean(), off[..., 2:].sum(-1).mean()


@MODELS.register_module()
class TrajectoryLoss(nn.Module):
    """:func:`trajectory_loss` of boxes, times ``loss_weight``; its arguments are those of the targets."""

    def __init__(
        self, place_unit: float = 0.8 * PIXEL, size_unit: float = 0.04, loss_weight: float = 1.0
    ) -> None:
        super().__init__()
        check_positive(place_unit=place_unit, size_unit=size_unit)
        self.units = (place_unit, size_unit)
        self.loss_weight = loss_weight

    def forward(self, predicted: Tensor, boxes: Tensor) -> tuple[Tensor, Tensor]:
        """Return the weighted losses of places and sizes."""
        place, size = trajectory_loss(predicted, self.targets(boxes))
        return self.loss_weight * place, self.loss_weight * size

    def targets(self, boxes: Tensor) -> Tensor:
        """Return what is to be predicted of boxes (..., T, 4)."""
        return trajectory_targets(boxes, *self.units)

    def standing_still(self, boxes: Tensor) -> tuple[Tensor, Tensor]:
        """Return the same of a prediction that nothing moves or grows."""
        return self(boxes.new_zeros(boxes.shape), boxes)
