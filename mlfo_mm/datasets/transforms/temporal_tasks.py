"""TaCo's clips: one as it is, and one in which several things are done to time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from mmaction.registry import TRANSFORMS

from .pretext import IGNORED, PretextSampler
from .sampling import check_positive


@TRANSFORMS.register_module()
class SampleTemporalTasks(PretextSampler):
    """Two clips of a video; the second is sped up, shuffled and reversed, or not: the label (2, 3).

    Of the second clip it says which of the paces it has, whether it plays backwards, and whether its
    pieces were shuffled; all of these are drawn independently. The first one is asked about nothing.
    Pieces are shuffled before the whole is reversed, so that their own direction tells both apart.
    In a short video the paces are those at which a clip fits.

    Args:
        clip_len: Frames of a clip, a multiple of ``num_pieces``, and twice as many at least.
        frame_interval: Distance of the first clip's frames.
        paces: Distances of the second clip's.
        num_pieces: Pieces that are shuffled.
        shared_crop: One crop for both.
    """

    def __init__(
        self,
        clip_len: int = 16,
        frame_interval: int = 2,
        paces: Sequence[int] = (1, 2, 4),
        num_pieces: int = 4,
        shared_crop: bool = False,
    ) -> None:
        super().__init__(clip_len, shared_crop)
        check_positive(frame_interval=frame_interval, num_pieces=num_pieces - 1, pace=min(paces))
        if clip_len % num_pieces or clip_len < 2 * num_pieces:
            raise ValueError(
                f'num_pieces={num_pieces}, clip_len={clip_len}: pieces have equal lengths of at least 2'
            )
        if len(set(paces)) < 2:
            raise ValueError(f'paces={paces}, must be at least 2 different ones')
        self.frame_interval = frame_interval
        self.paces = np.array(paces)
        self.num_pieces = num_pieces

    def draw(self, frames: int) -> tuple[np.ndarray, np.ndarray, bool]:
        """Frames (2, L) and label (2, 3)."""
        reach = self.paces * (self.clip_len - 1) + 1
        fits = reach <= frames
        pace = np.random.choice(np.flatnonzero(fits) if fits.any() else reach.argmin(keepdims=True))
        backwards, shuffled = np.random.randint(2, size=2)
        inside = np.arange(self.clip_len)
        second = inside * self.paces[pace]
        if shuffled:
            second = second.reshape(self.num_pieces, -1)[self._order()].ravel()
        if backwards:
            second = second[::-1]
        clips = np.stack([inside * self.frame_interval, second])
        rooms = np.maximum(frames - clips.max(1), 1)
        starts = np.random.randint(rooms)
        label = [[IGNORED] * 3, [pace, backwards, shuffled]]
        long = max(int(reach.max()), int(clips[0].max()) + 1)
        return (clips + starts[:, None]) % frames, np.array(label), long > frames

    def _order(self) -> np.ndarray:
        """A permutation of the pieces, never the one that they have."""
        order = np.random.permutation(self.num_pieces)
        return np.roll(order, 1) if (order == np.arange(self.num_pieces)).all() else order
