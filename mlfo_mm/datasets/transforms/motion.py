"""Frames that show motion only."""

from __future__ import annotations

from itertools import pairwise

import cv2
import numpy as np
from mmaction.registry import TRANSFORMS
from mmcv.transforms import BaseTransform


@TRANSFORMS.register_module()
class FrameDifference(BaseTransform):
    """Replace each frame of a clip by its absolute difference to the next: the RGBDiff input of TSN.

    What stands still turns black, so that a method cannot tell videos by their background. The last
    frame of a clip has no successor and shows the difference before it.

    Args:
        gain: Factor of the differences, which saturate at 255.
    """

    def __init__(self, gain: float = 2.0) -> None:
        if gain <= 0:
            raise ValueError(f'gain={gain}, must be above 0')
        self.gain = gain

    def transform(self, results: dict) -> dict:
        """Replace ``imgs``, clip by clip."""
        imgs, length = results['imgs'], results['clip_len']
        if length < 2:
            raise ValueError('FrameDifference needs clips of at least 2 frames: raise clip_len')
        out: list[np.ndarray] = []
        for start in range(0, len(imgs), length):
            clip = imgs[start : start + length]
            pairs = [cv2.absdiff(a, b) for a, b in pairwise(clip)]
            out += [cv2.convertScaleAbs(d, alpha=self.gain) for d in [*pairs, pairs[-1]]]
        results['imgs'] = out
        return results
