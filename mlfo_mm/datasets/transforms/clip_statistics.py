"""STS's summary of a clip (arXiv 2008.13426): 27 numbers of its own frames, as the label."""

from __future__ import annotations

import functools
from itertools import pairwise
from typing import Literal

import cv2
import numpy as np
from mmaction.registry import TRANSFORMS
from mmcv.transforms import BaseTransform

from .sampling import check_choice

DIRECTIONS = 8
# numbers of colours by 4 r + 2 g + b, each 0 below 128 and 1 from there on
COLOURS = np.array([5, 1, 6, 2, 7, 3, 8, 4])
_PREWITT = np.array([[-1, 0, 1]] * 3)
Dominant = Literal['octants', 'colours']


@functools.cache
def patterns(size: int) -> tuple[np.ndarray, ...]:
    """Regions of a square frame: 4 x 4 tiles, 4 rings from the middle out, 8 triangles; (P, S, S) each.

    Triangles are the halves of the frame's quarters, diagonals in both.
    """
    rows, columns = np.indices((size, size))
    tile = rows * 4 // size * 4 + columns * 4 // size
    border = np.minimum.reduce([rows, columns, size - 1 - rows, size - 1 - columns])
    ring = 3 - border * 8 // size
    half = size // 2
    below, above = np.tri(half, dtype=bool), np.tri(half, dtype=bool).T
    triangles = np.zeros((8, size, size), bool)
    triangles[0, :half, :half], triangles[1, :half, :half] = below, above
    triangles[2, :half, half:], triangles[3, :half, half:] = above[:, ::-1], below[:, ::-1]
    triangles[4, half:, :half], triangles[5, half:, :half] = above[:, ::-1], below[:, ::-1]
    triangles[6, half:, half:], triangles[7, half:, half:] = below, above
    tiles = tile == np.arange(16)[:, None, None]
    return tiles, ring == np.arange(4)[:, None, None], triangles


def motion_statistics(flow: np.ndarray) -> list[int]:
    """14 numbers of optical flow (T-1, S, S, 2), all counted from 1; 0 where nothing moves.

    For each pattern: of u, then of v, the region with the strongest motion boundaries and their
    direction there, one of 8. Then the frames in which those of u and of v are strongest. A boundary is
    the gradient of the flow, so that the camera's own motion has none.
    """
    from scipy import ndimage  # most of a second to import, and no other method needs it

    found: list[list[int]] = []
    for component in (flow[..., 0], flow[..., 1]):
        across = ndimage.convolve(component, _PREWITT[None])  # (T-1, S, S)
        down = ndimage.convolve(component, _PREWITT.T[None])
        size, angle = cv2.cartToPolar(across.sum(0), down.sum(0), angleInDegrees=True)
        numbers = []
        for regions in patterns(component.shape[1]):
            strength = (regions * size).sum((1, 2)) / regions.sum((1, 2))
            region = int(strength.argmax())
            inside = regions[region]
            directions = _directions(size[inside], angle[inside])
            moves = strength[region] > 0
            numbers += [region + 1, int(directions.argmax()) + 1] if moves else [0, 0]
        frames = np.hypot(across, down).sum((1, 2))
        found.append([*numbers, int(frames.argmax()) + 1 if frames.max() > 0 else 0])
    u, v = found
    pairs = [n for start in (0, 2, 4) for part in (u, v) for n in part[start : start + 2]]
    return [*pairs, u[-1], v[-1]]


def _directions(size: np.ndarray, angle: np.ndarray) -> np.ndarray:
    """Histogram of angles in degrees, each shared between the two directions that it lies between."""
    place = angle * (DIRECTIONS / 360)
    low, share = np.floor(place).astype(int), place % 1
    votes = np.bincount(low % DIRECTIONS, size * (1 - share), DIRECTIONS)
    return votes + np.bincount((low + 1) % DIRECTIONS, size * share, DIRECTIONS)


def appearance_statistics(frames: np.ndarray, dominant: Dominant = 'octants') -> list[int]:
    """13 numbers of RGB frames (T, S, S, 3) uint8, all counted from 1.

    For each pattern: the region whose colours change most over time and its dominant colour, and the
    region whose colours change least and its dominant colour. Then the dominant colour of the clip. How
    little a region changes: what all frames' histograms (256 bins a channel) have in common over all
    that they hold together, the mean over channels.
    """
    numbers = []
    for regions in patterns(frames.shape[1]):
        kept = [_kept(frames[:, region]) for region in regions]
        for region in (int(np.argmin(kept)), int(np.argmax(kept))):
            numbers += [region + 1, dominant_colour(frames[:, regions[region]], dominant)]
    return [*numbers, dominant_colour(frames, dominant)]


def _kept(pixels: np.ndarray) -> float:
    """Overlap of the histograms of pixels (T, n, 3) of a region over time."""
    frames = len(pixels)
    cell = np.arange(frames)[:, None, None] * 768 + np.arange(3) * 256 + pixels
    counts = np.bincount(cell.ravel(), minlength=frames * 768).reshape(frames, 3, 256)
    return float((counts.min(0).sum(1) / counts.max(0).sum(1)).mean())


def dominant_colour(pixels: np.ndarray, dominant: Dominant = 'octants') -> int:
    """Which eighth of the RGB cube has most of the pixels (..., 3), or holds the most frequent colour."""
    flat = pixels.reshape(-1, 3)
    if dominant == 'colours':  # ties go to the least blue, then green, then red
        code = flat @ np.array([1, 1 << 8, 1 << 16])
        values, counts = np.unique(code, return_counts=True)
        flat = (values[counts.argmax()] >> np.array([0, 8, 16]) & 255)[None]
    votes = COLOURS[(flat >> 7) @ np.array([4, 2, 1])]
    return int(np.bincount(votes).argmax())


@TRANSFORMS.register_module()
class ClipStatistics(BaseTransform):
    """The label (V, 27) of each clip: :func:`motion_statistics`, then :func:`appearance_statistics`.

    Stands behind all that changes frames: what is summed up is what the network sees. The frames must be
    square, their side a multiple of 8.

    Args:
        flow: 'dis' (OpenCV's dense inverse search, 1 ms a frame), or 'tvl1' (as published, 200 ms).
        dominant: 'octants': the eighth of the RGB cube with most pixels; 'colours': the one that holds
            the most frequent of all 2^24 colours, as the released code has it.
    """

    def __init__(
        self, flow: Literal['dis', 'tvl1'] = 'dis', dominant: Dominant = 'octants'
    ) -> None:
        check_choice('flow', flow, ('dis', 'tvl1'))
        check_choice('dominant', dominant, ('octants', 'colours'))
        self.flow = flow
        self.dominant: Dominant = dominant

    def transform(self, results: dict) -> dict:
        """Replace the label."""
        height, width = results['img_shape']
        if height != width or height % 8:
            raise ValueError(
                f'ClipStatistics needs square frames, their side a multiple of 8, got {height} x '
                f'{width}: set crop_size'
            )
        length, label = results['clip_len'], []
        for start in range(0, len(results['imgs']), length):
            clip = np.stack(results['imgs'][start : start + length])
            motion = motion_statistics(self.optical_flow(clip))
            label.append(motion + appearance_statistics(clip, self.dominant))
        results['label'] = np.array(label, np.float32)
        return results

    def optical_flow(self, frames: np.ndarray) -> np.ndarray:
        """Flow (T-1, H, W, 2) in pixels from each of some RGB frames (T, H, W, 3) to the next."""
        gray = [cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY) for frame in frames]
        if self.flow == 'tvl1':
            method = cv2.optflow.createOptFlow_DualTVL1()
        else:
            method = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_FAST)
        return np.stack([method.calc(a, b, None) for a, b in pairwise(gray)])
