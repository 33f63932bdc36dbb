"""Which frames the views of a sample show.

Every sampler sets ``frame_inds`` (the views' frames one after the other), ``clip_len``,
``num_clips`` (the number of views), ``frame_interval``, ``view_groups`` (views that share spatial
parameters) and ``short_video`` (the video was too short and had to be looped or slowed).
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from mmaction.registry import TRANSFORMS
from mmcv.transforms import BaseTransform

Groups = tuple[tuple[int, ...], ...]


@TRANSFORMS.register_module()
class SampleMLFOClips(BaseTransform):
    """MLFO's two adjacent short clips and the long clip over both.

    2 x ``clip_len`` frames are taken at one random real-valued rate r ~ U(1, min(max_rate,
    frames / 2L)), from a random start. Their first half is clip A, their second half clip B. The
    long clip has every second one of them ('strided', 3 views), or all ('full', as the paper's text
    has it: 4 views, of which the last two are the halves of one clip and share a crop).

    Args:
        clip_len: Frames L of each view.
        max_rate: Upper bound of the rate, in video frames per sampled frame.
        long_view: 'strided', 'full', or 'none' (2 views) for a method that needs no long clip.
        short: What becomes of videos of fewer than 2L frames: 'loop' starts again from the first
            frame, 'slow' stretches the video with a rate below 1.
    """

    def __init__(
        self,
        clip_len: int = 16,
        max_rate: float = 3.0,
        long_view: Literal['strided', 'full', 'none'] = 'strided',
        short: Literal['loop', 'slow'] = 'loop',
    ) -> None:
        check_positive(clip_len=clip_len)
        check_choice('long_view', long_view, ('strided', 'full', 'none'))
        check_choice('short', short, ('loop', 'slow'))
        if max_rate < 1:
            raise ValueError(f'max_rate={max_rate}, must be at least 1')
        self.clip_len = clip_len
        self.max_rate = max_rate
        self.long_view = long_view
        self.short = short

    def transform(self, results: dict) -> dict:
        """Draw the rate and the start."""
        frames = results['total_frames']
        length = 2 * self.clip_len
        if frames < length:
            rate = 1.0 if self.short == 'loop' else frames / length
            start = 0
        else:
            rate = np.random.uniform(1.0, min(self.max_rate, frames / length))
            start = np.random.randint(0, int(frames - length * rate) + 1)
        inds = np.round(rate * np.arange(length) + start).astype(np.int64)
        if frames < length and self.short == 'loop':
            inds %= frames
        inds = np.minimum(inds, frames - 1)
        views: list[np.ndarray]
        groups: Groups
        if self.long_view == 'none':
            views, groups = [inds], ((0,), (1,))
        elif self.long_view == 'strided':
            views, groups = [inds, inds[::2]], ((0,), (1,), (2,))
        else:
            views, groups = [inds, inds], ((0,), (1,), (2, 3))
        return set_clips(
            results, np.concatenate(views), self.clip_len, rate, groups, frames < length
        )


@TRANSFORMS.register_module()
class SampleClips(BaseTransform):
    """Clips of one video, drawn independently, each with a crop of its own; a short video is looped.

    Args:
        clip_len: Frames of a clip.
        frame_interval: Distance of a clip's frames.
        num_clips: Clips V.
    """

    def __init__(self, clip_len: int, frame_interval: int = 1, num_clips: int = 1) -> None:
        check_positive(clip_len=clip_len, frame_interval=frame_interval, num_clips=num_clips)
        self.clip_len = clip_len
        self.frame_interval = frame_interval
        self.num_clips = num_clips

    def transform(self, results: dict) -> dict:
        """Draw the starts."""
        frames = results['total_frames']
        shown = np.arange(self.clip_len) * self.frame_interval
        starts = np.random.randint(max(frames - shown[-1], 1), size=self.num_clips)
        inds = (starts[:, None] + shown).ravel() % frames
        groups = tuple((view,) for view in range(self.num_clips))
        short = bool(shown[-1] >= frames)
        return set_clips(results, inds, self.clip_len, self.frame_interval, groups, short)


@TRANSFORMS.register_module()
class SampleTwoClips(BaseTransform):
    """Two clips of one video; a video shorter than its clip is looped.

    Args:
        clip_len: Frames of a clip.
        frame_interval: Distance of a clip's frames.
        mode: 'adjacent' (the second clip follows the first), 'uniform' (two independent starts), or
            'cvrl' (arXiv 2008.03800: the distance of the starts is drawn first, with a density
            that falls linearly to 0 at the longest possible distance; then the place, then which
            of the two comes first).
    """

    def __init__(
        self,
        clip_len: int,
        frame_interval: int = 1,
        mode: Literal['adjacent', 'uniform', 'cvrl'] = 'uniform',
    ) -> None:
        check_positive(clip_len=clip_len, frame_interval=frame_interval)
        check_choice('mode', mode, ('adjacent', 'uniform', 'cvrl'))
        self.clip_len = clip_len
        self.frame_interval = frame_interval
        self.mode = mode

    def transform(self, results: dict) -> dict:
        """Draw the two starts."""
        frames = results['total_frames']
        step = self.clip_len * self.frame_interval
        reach = (2 if self.mode == 'adjacent' else 1) * step - self.frame_interval + 1
        num_starts = max(frames - reach, 0) + 1
        starts = self._starts(num_starts, step)
        inds = starts[:, None] + np.arange(self.clip_len) * self.frame_interval
        return set_clips(
            results,
            inds.ravel() % frames,
            self.clip_len,
            self.frame_interval,
            ((0,), (1,)),
            frames < reach,
        )

    def _starts(self, num_starts: int, step: int) -> np.ndarray:
        if self.mode == 'adjacent':
            return np.random.randint(num_starts) + np.array([0, step])
        if self.mode == 'uniform':
            return np.random.randint(num_starts, size=2)
        # Inverse of the distribution function 1 - (1 - d / n)^2 of a linearly falling density.
        distance = int(num_starts * (1 - np.sqrt(1 - np.random.random())))
        first = np.random.randint(num_starts - distance)
        return np.random.permutation([first, first + distance])


@TRANSFORMS.register_module()
class SampleTwoSegments(BaseTransform):
    """A clip twice, and a third clip of another time of the same video; each has its own crop.

    A video that has no two such times is looped: the third clip begins a third of it later.

    Args:
        clip_len: Frames of a clip.
        frame_interval: Distance of a clip's frames.
        least_distance: Frames between the starts, at least.
    """

    def __init__(
        self, clip_len: int = 16, frame_interval: int = 4, least_distance: int = 2
    ) -> None:
        check_positive(
            clip_len=clip_len, frame_interval=frame_interval, least_distance=least_distance
        )
        self.clip_len = clip_len
        self.frame_interval = frame_interval
        self.least_distance = least_distance

    def transform(self, results: dict) -> dict:
        """Draw both starts."""
        frames = results['total_frames']
        inside = np.arange(self.clip_len) * self.frame_interval
        num_starts = max(frames - inside[-1], 1)
        first = np.random.randint(num_starts)
        others = np.arange(num_starts)
        others = others[abs(others - first) >= self.least_distance]
        other = np.random.choice(others) if len(others) else first + max(frames // 3, 1)
        inds = np.array([first, first, other])[:, None] + inside
        return set_clips(
            results,
            inds.ravel() % frames,
            self.clip_len,
            self.frame_interval,
            ((0,), (1,), (2,)),
            not len(others),
        )


@TRANSFORMS.register_module()
class SampleBlocks(BaseTransform):
    """Consecutive blocks of a video in their order, which share a crop; nothing lies between them.

    A video that is too short for them is shown at the largest interval at which they fit, and
    looped where even an interval of 1 is too long for it.

    Args:
        block_len: Frames of a block, fewer than those of a clip in evaluation.
        num_blocks: Blocks V.
        frame_interval: Distance of consecutive frames, in a block and across two.
    """

    def __init__(self, block_len: int = 5, num_blocks: int = 8, frame_interval: int = 3) -> None:
        check_positive(block_len=block_len, num_blocks=num_blocks, frame_interval=frame_interval)
        self.block_len = block_len
        self.num_blocks = num_blocks
        self.frame_interval = frame_interval

    def transform(self, results: dict) -> dict:
        """Draw the start."""
        frames = results['total_frames']
        shown = np.arange(self.block_len * self.num_blocks)
        fits = (frames - 1) // max(shown[-1], 1)
        step = int(np.clip(fits, 1, self.frame_interval))
        first = np.random.randint(max(frames - 1 - shown[-1] * step, 0) + 1)
        return set_clips(
            results,
            (first + shown * step) % frames,
            self.block_len,
            step,
            (tuple(range(self.num_blocks)),),
            bool(shown[-1] * self.frame_interval >= frames),
        )


def set_clips(
    results: dict,
    inds: np.ndarray,
    clip_len: int,
    frame_interval: float,
    groups: Groups,
    short_video: bool,
) -> dict:
    """Say what the views show, in the keys above."""
    results['frame_inds'] = inds + results.get('start_index', 0)
    results['clip_len'] = clip_len
    results['num_clips'] = len(inds) // clip_len
    results['frame_interval'] = frame_interval
    results['view_groups'] = groups
    results['short_video'] = short_video
    return results


def check_positive(**values: int) -> None:
    """Raise ValueError for the first value below 1."""
    for name, value in values.items():
        if value < 1:
            raise ValueError(f'{name}={value}, must be at least 1')


def check_choice(name: str, value: str, allowed: tuple[str, ...]) -> None:
    """Raise ValueError if an argument is none of its choices."""
    if value not in allowed:
        raise ValueError(f'{name}={value!r}, must be one of {allowed}')
