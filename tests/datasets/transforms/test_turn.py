"""Small rotations on a frame whose bright point is known."""

from __future__ import annotations

import math

import numpy as np
import pytest

from mlfo_mm.datasets import ClipTurn


def test_all_frames_turn_about_the_centre_by_one_drawn_angle():
    frame = np.zeros((61, 81, 3), np.uint8)
    frame[29:32, 68:71] = 255  # 29 to the right of the centre (40, 30)
    angles = []
    np.random.seed(0)
    for _ in range(200):
        first, second = ClipTurn(10)(dict(imgs=[frame, frame.copy()]))['imgs']
        assert (first == second).all() and first.shape == frame.shape
        weight = first[..., 0].astype(float)
        rows, columns = np.indices(weight.shape)
        y, x = ((weight * axis).sum() / weight.sum() for axis in (rows, columns))
        assert math.hypot(y - 30, x - 40) == pytest.approx(29, abs=0.2)
        angles.append(math.degrees(math.atan2(30 - y, x - 40)))
    assert -10.3 < min(angles) < -9 and 9 < max(angles) < 10.3
    assert abs(np.mean(angles)) < 1


def test_no_angle_changes_nothing():
    frame = np.random.default_rng(0).integers(0, 256, (20, 30, 3), np.uint8)
    assert (ClipTurn(0)(dict(imgs=[frame]))['imgs'][0] == frame).all()
    with pytest.raises(ValueError, match='degrees=-1, must be at least 0'):
        ClipTurn(-1)
