"""Which way up a frame is shown: all eight orientations, as FFmpeg's autorotation has them."""

from __future__ import annotations

import math

import av
import numpy as np
from numpy.typing import NDArray


def display_matrix(frame: av.VideoFrame) -> tuple[int, ...] | None:
    """(a, b, u, c, d, v, x, y, w): stored (p, q) is shown at (a p + c q, b p + d q)."""
    side_data = frame.side_data
    try:
        data = side_data['DISPLAYMATRIX'] if len(side_data) else None
    except KeyError:
        return None
    return None if data is None else tuple(np.frombuffer(data, np.int32).tolist())


def turns(matrix: tuple[int, ...] | None) -> tuple[bool, bool, bool]:
    """Whether rows and columns change places, and what is then mirrored: left-right, up-down.

    FFmpeg looks at the whole degrees of the turn, then at single signs. What is turned by other angles,
    which it draws into black corners, is left as it is stored.
    """
    if matrix is None:
        return False, False, False
    a, b, _, c, d = matrix[:5]
    if not (a or c) or not (b or d):  # no picture would be left: no orientation
        return False, False, False
    angle = round(math.degrees(math.atan2(b / math.hypot(b, d), a / math.hypot(a, c)))) % 360
    if angle in (90, 270):
        return True, c < 0, b < 0
    return False, angle == 180 and a < 0, angle in (0, 180) and d < 0


class Orientation:
    """Which way up the frames of a video are, in their order: as the last said that said anything.

    H.264 and HEVC can say it in single pictures, for those that follow. Frames are asked by their
    rotation first: one whose side data were looked at is in a cycle of references, which keeps it until
    the next collection of garbage.
    """

    def __init__(self) -> None:
        self._rotation: int | None = None
        self._turns = (False, False, False)

    def of(self, frame: av.VideoFrame) -> tuple[bool, bool, bool]:
        """As :func:`turns`."""
        if frame.rotation != self._rotation:
            matrix = display_matrix(frame)
            if matrix is not None or self._rotation is None:
                self._rotation, self._turns = frame.rotation, turns(matrix)
        return self._turns


def upright(image: NDArray[np.uint8], how: tuple[bool, bool, bool]) -> NDArray[np.uint8]:
    """(H, W, 3) as it is shown, turned as :func:`turns` says."""
    across, mirrored, flipped = how
    if across:
        image = image.swapaxes(0, 1)
    if mirrored:
        image = image[:, ::-1]
    if flipped:
        image = image[::-1]
    return np.ascontiguousarray(image)
