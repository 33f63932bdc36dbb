"""Frame differences: what stands still is black, clips do not leak into each other."""

from __future__ import annotations

import numpy as np
import pytest

from mlfo_mm.datasets.transforms import FrameDifference


def frames(*values: int) -> list[np.ndarray]:
    return [np.full((2, 3, 3), value, np.uint8) for value in values]


def test_absolute_difference_to_the_next_frame_of_the_clip():
    results = dict(imgs=frames(10, 14, 4, 100, 103, 103), clip_len=3)
    out = FrameDifference(gain=2.0).transform(results)['imgs']
    assert [int(img[0, 0, 0]) for img in out] == [8, 20, 20, 6, 0, 0]
    assert all(img.dtype == np.uint8 and img.shape == (2, 3, 3) for img in out)


def test_saturates():
    out = FrameDifference(gain=3.0).transform(dict(imgs=frames(0, 200), clip_len=2))['imgs']
    assert int(out[0].max()) == 255


def test_bad_values():
    with pytest.raises(ValueError, match='at least 2 frames'):
        FrameDifference().transform(dict(imgs=frames(1), clip_len=1))
    with pytest.raises(ValueError, match='gain=0'):
        FrameDifference(gain=0)
