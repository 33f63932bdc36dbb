"""Space-time cubic puzzles (arXiv 1811.09795): four pieces of a volume, in any order."""

from __future__ import annotations

from itertools import permutations

import numpy as np
from mmaction.registry import TRANSFORMS
from mmcv.transforms import BaseTransform

from .pretext import PretextSampler
from .sampling import check_positive

PIECES = 4
ORDERS = np.array(list(permutations(range(PIECES))))


@TRANSFORMS.register_module()
class SamplePuzzle(PretextSampler):
    """Four pieces from one cell in time and four in space, or four in time and one in space, shuffled.

    A volume is cut into 2 x 2 cells in space (row by row) and 4 in time. Here is decided which frames a
    piece shows, anywhere in its cell of time, and in ``cells`` (V, 2), row and column, which part of the
    picture; ``CropPieces`` cuts it out. The label (1, 1) is the permutation, in lexicographic order:
    entry i is the original place of the piece that is shown at place i. Whether the places are in space
    or time is not told. In a video that is too short cells in time shrink, then pieces overlap, then
    the video is looped.

    Args:
        clip_len: Frames of a piece.
        cell_len: Frames of a cell, at least those of a piece.
        spatial: Probability of four places in space.
        shared_crop: As in the base class; a piece's place in its cell is always its own.
    """

    def __init__(
        self,
        clip_len: int = 16,
        cell_len: int = 32,
        spatial: float = 0.5,
        shared_crop: bool = False,
    ) -> None:
        super().__init__(clip_len, shared_crop)
        if cell_len < clip_len:
            raise ValueError(f'cell_len={cell_len}, must be at least clip_len={clip_len}')
        if not 0 <= spatial <= 1:
            raise ValueError(f'spatial={spatial}, must be in [0, 1]')
        self.cell_len = cell_len
        self.spatial = spatial
        self.cells = np.zeros((PIECES, 2), np.int64)

    def draw(self, frames: int) -> tuple[np.ndarray, np.ndarray, bool]:
        """Frames (4, L) and label (1, 1)."""
        last = PIECES - 1
        step = min(frames // PIECES, self.cell_len)
        if step < self.clip_len:  # no room for a place in a cell
            step = int(np.clip((frames - self.clip_len) // last, 1, self.clip_len))
        slack = max(step - self.clip_len, 0)
        reach = last * step + slack + self.clip_len
        first = np.random.randint(max(frames - reach, 0) + 1)
        label = np.random.randint(len(ORDERS))
        order, fixed = ORDERS[label], np.full(PIECES, np.random.randint(PIECES))
        space, time = (order, fixed) if np.random.random() < self.spatial else (fixed, order)
        self.cells = np.stack([space // 2, space % 2], 1)
        starts = first + time * step + np.random.randint(slack + 1, size=PIECES)
        clips = (starts[:, None] + np.arange(self.clip_len)) % frames
        return clips, np.array([[label]]), step < self.cell_len

    def transform(self, results: dict) -> dict:
        """Draw the pieces, say where they are, and replace the label."""
        results = super().transform(results)
        results['cells'] = self.cells
        return results


@TRANSFORMS.register_module()
class CropPieces(BaseTransform):
    """Cut the piece of each clip out of its quarter of the picture, at a place of its own.

    So no border of a piece goes on in another one. ``SamplePuzzle`` says which quarter it is.

    Args:
        size: Side of a piece, at most half of the picture's sides.
    """

    def __init__(self, size: int) -> None:
        check_positive(size=size)
        self.size = size

    def transform(self, results: dict) -> dict:
        """Replace ``imgs`` and ``img_shape``."""
        cell = np.array(results['img_shape']) // 2
        if cell.min() < self.size:
            raise ValueError(
                f'pieces of {self.size} pixels need frames of twice that, not '
                f'{results["img_shape"]}: crop larger frames first'
            )
        length = results['clip_len']
        for piece, place in enumerate(results['cells']):
            top, left = place * cell + np.random.randint(cell - self.size + 1)
            frames = slice(piece * length, (piece + 1) * length)
            results['imgs'][frames] = [
                img[top : top + self.size, left : left + self.size]
                for img in results['imgs'][frames]
            ]
        results['img_shape'] = (self.size, self.size)
        return results
