"""What is predicted of boxes, and how far off it is, against a loop from the equations."""

from __future__ import annotations

import math

import pytest
import torch

from mlfo_mm.models.losses import TrajectoryLoss, trajectory_loss, trajectory_targets

# in pixels of a frame of 112: moves 8 to the right and 4 up, and doubles its height
BOXES = torch.tensor([[10.0, 40, 30, 50], [18, 31, 38, 51]], dtype=torch.float64) / 112


def test_targets_by_hand():
    wanted = [[0, 0, 0, 0], [8 / 0.8, -4 / 0.8, 0, math.log(2) / 0.04]]
    torch.testing.assert_close(trajectory_targets(BOXES), torch.tensor(wanted, dtype=torch.float64))
    # below a pixel of the frames of 112 a size is one pixel
    points = torch.cat([BOXES[:, :2], BOXES[:, :2]], 1)
    assert trajectory_targets(points)[..., 2:].abs().max() == 0


def test_equals_a_loop():
    generator = torch.Generator().manual_seed(0)
    predicted, targets = 2 * torch.randn(2, 3, 2, 5, 4, generator=generator, dtype=torch.float64)
    terms = [0.0, 0.0]
    for one, other in zip(predicted.reshape(-1, 4), targets.reshape(-1, 4), strict=True):
        for axis in range(4):
            off = abs(float(one[axis] - other[axis]))
            terms[axis // 2] += (off**2 / 2 if off < 1 else off - 0.5) / (3 * 2 * 5)
    found = trajectory_loss(predicted, targets)
    torch.testing.assert_close(torch.stack(found), torch.tensor(terms, dtype=torch.float64))


def test_standing_still_and_weights():
    loss = TrajectoryLoss(loss_weight=2)
    place, size = loss.standing_still(BOXES)
    assert place.item() == pytest.approx(2 * (9.5 + 4.5) / 2)
    assert size.item() == pytest.approx(2 * (math.log(2) / 0.04 - 0.5) / 2)
    exact = loss(loss.targets(BOXES), BOXES)
    assert [float(term) for term in exact] == [0, 0]
    with pytest.raises(ValueError, match='place_unit must be above 0'):
        TrajectoryLoss(place_unit=0)
