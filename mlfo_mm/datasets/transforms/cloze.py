"""VCP's cloze (arXiv 2001.00294): three clips in a row, the middle one changed; which change is the label."""

from __future__ import annotations

from itertools import permutations

import numpy as np
from mmaction.registry import TRANSFORMS
from mmcv.transforms import BaseTransform

from .pretext import PretextSampler
from .sampling import check_positive

OPERATIONS = ('none', 'rotated', 'tiles', 'shuffled', 'remote')
_ORDERS = tuple(permutations(range(4)))[1:]  # of four tiles, but the one that changes nothing
_CHUNKS = 4


@TRANSFORMS.register_module()
class SampleCloze(PretextSampler):
    """Three clips one after the other; the label (1, 1) is what becomes of the middle one.

    The label is a place in ``OPERATIONS``. Which frames a clip shows is decided here: 'shuffled' swaps
    two quarters of the middle clip, 'remote' puts a clip from far outside the three in its place. What
    becomes of pixels, ``AlterBlank`` does behind the views. A window is always drawn where a remote clip
    fits beside it, whatever the label, so that its place in the video tells nothing. In a video where
    none fits, that operation is not drawn; in one that is too short for the window the gaps shrink,
    then the clips overlap, then the video is looped.

    Args:
        clip_len: Frames of a clip, at least 4.
        frame_interval: Distance of a clip's frames.
        gap: Frames left out between two clips.
        distance: Least number of frames between the three clips and a remote one.
        shared_crop: One crop for all three.
    """

    def __init__(
        self,
        clip_len: int = 16,
        frame_interval: int = 1,
        gap: int = 8,
        distance: int = 16,
        shared_crop: bool = False,
    ) -> None:
        super().__init__(clip_len, shared_crop)
        check_positive(clip_len=clip_len - _CHUNKS + 1, frame_interval=frame_interval)
        check_positive(gap=gap + 1, distance=distance + 1)
        self.inside = np.arange(clip_len) * frame_interval
        self.gap = gap
        self.distance = distance

    def draw(self, frames: int) -> tuple[np.ndarray, np.ndarray, bool]:
        """Frames (3, L) and label (1, 1)."""
        span = self.inside[-1] + 1
        wanted = span + self.gap
        step = int(np.clip((frames - span) // 2, 1, wanted))
        reach, away = span + 2 * step, span + self.distance
        starts = np.arange(max(frames - reach, 0) + 1)
        room = (starts >= away) | (starts + reach + away <= frames)
        fits = step == wanted and bool(room.any())
        first = np.random.choice(starts[room] if fits else starts)
        label = np.random.randint(len(OPERATIONS) if fits else len(OPERATIONS) - 1)
        clips = first + np.arange(3)[:, None] * step + self.inside  # (3, L)
        if OPERATIONS[label] == 'remote':
            places = np.arange(frames - span + 1)
            far = (places + away <= first) | (places >= first + reach + self.distance)
            clips[1] = np.random.choice(places[far]) + self.inside
        elif OPERATIONS[label] == 'shuffled':
            clips[1] = swap_chunks(clips[1], *np.random.choice(_CHUNKS, 2, replace=False))
        return clips % frames, np.array([[label]]), not fits


def swap_chunks(inds: np.ndarray, one: int, other: int) -> np.ndarray:
    """Frames (L,) of a clip with two of its four quarters in each other's place."""
    chunks = np.array_split(inds, _CHUNKS)
    chunks[one], chunks[other] = chunks[other], chunks[one]
    return np.concatenate(chunks)


def swap_tiles(imgs: np.ndarray, order: tuple[int, ...]) -> np.ndarray:
    """Frames (L, H, W, 3) whose four quarters stand in another order, row by row."""
    length, height, width, channels = imgs.shape
    tiles = imgs.reshape(length, 2, height // 2, 2, width // 2, channels).swapaxes(2, 3)
    tiles = tiles.reshape(length, 4, height // 2, width // 2, channels)[:, list(order)]
    tiles = tiles.reshape(length, 2, 2, height // 2, width // 2, channels).swapaxes(2, 3)
    return tiles.reshape(imgs.shape)


@TRANSFORMS.register_module()
class AlterBlank(BaseTransform):
    """Do to the middle clip's pixels what ``SampleCloze`` has drawn: turn it, or exchange its tiles.

    A turn is one of 90, 180 or 270 degrees, an exchange one of the 23 other orders of 2 x 2 tiles; both
    are the same in all frames. Stands behind every spatial transform: the frames must be square.
    """

    def transform(self, results: dict) -> dict:
        """Change ``imgs`` of the middle clip."""
        height, width = results['img_shape']
        if height != width or height % 2:
            raise ValueError(
                f'AlterBlank needs square frames of an even size, got {height} x {width}: crop them'
            )
        operation = OPERATIONS[int(results['label'].item())]
        length = results['clip_len']
        blank = slice(length, 2 * length)
        imgs = np.stack(results['imgs'][blank])
        if operation == 'rotated':
            results['imgs'][blank] = np.rot90(imgs, np.random.randint(1, 4), (1, 2)).copy()
        elif operation == 'tiles':
            order = _ORDERS[np.random.randint(len(_ORDERS))]
            results['imgs'][blank] = swap_tiles(imgs, order)
        return results
