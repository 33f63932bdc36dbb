"""A clip at a playback rate, and the frames between those that it shows (PRP, arXiv 2006.11476)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from mmaction.registry import TRANSFORMS

from .pretext import PretextSampler


@TRANSFORMS.register_module()
class SamplePlayback(PretextSampler):
    """Two views: a clip at a rate, and the frames half way to each next one; the label is the rate.

    Both together, in turn, are the clip at half the rate: what is reconstructed of the first. At rate 1
    the video has no frames between, and the second view repeats the first. The rate is drawn among
    those at which the clip fits into the video. The label (1, 1) is its place among the rates.

    Args:
        clip_len: Frames L of a clip.
        rates: Distances of a clip's frames: 1, or even.
        shared_crop: One crop for both views, as they are frames of one clip.
    """

    def __init__(
        self,
        clip_len: int = 16,
        rates: Sequence[int] = (1, 2, 4, 8),
        shared_crop: bool = True,
    ) -> None:
        super().__init__(clip_len, shared_crop)
        if len(set(rates)) < 2 or any(rate != 1 and (rate < 2 or rate % 2) for rate in rates):
            raise ValueError(f'rates={rates}, must be at least 2 different ones, each 1 or even')
        self.rates = np.array(rates)

    def draw(self, frames: int) -> tuple[np.ndarray, np.ndarray, bool]:
        """Frames (2, L) and label (1, 1)."""
        reach = self.rates * self.clip_len
        fits = reach <= frames
        label = np.random.choice(np.flatnonzero(fits) if fits.any() else [reach.argmin()])
        rate = self.rates[label]
        first = np.random.randint(max(frames - reach[label], 0) + 1)
        shown = first + np.arange(self.clip_len) * rate
        return np.stack([shown, shown + rate // 2]) % frames, np.array([[label]]), not fits.all()
