"""Clips of one video that are told from each other: by their speed, or by their place in time."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from mmaction.registry import TRANSFORMS
from mmcv.transforms import BaseTransform

from .sampling import check_positive, set_clips


@TRANSFORMS.register_module()
class SampleRelativeSpeeds(BaseTransform):
    """A clip, another one at its speed, and the other one's beginning at another speed.

    Two places are drawn alike for all speeds: a clip begins only where the fastest fits, or its
    place would tell its speed. Which speed the first clip has is drawn, and so is the other one.
    Both clips of the second place share a crop and colours, so that speed alone tells them apart.
    In a video that is too short all speeds sink to what fits, to 1 frame a step at least: no frame is
    shown twice, which would betray the speed. Where not even ``clip_len`` frames fit, all clips show
    the same loop.

    Args:
        clip_len: Frames of a clip.
        frame_interval: Distance of consecutive frames at speed 1.
        speeds: At least 2 different ones.
    """

    def __init__(
        self, clip_len: int = 16, frame_interval: int = 1, speeds: Sequence[int] = (1, 2)
    ) -> None:
        check_positive(clip_len=clip_len, frame_interval=frame_interval, speeds=min(speeds))
        if len(set(speeds)) < 2:
            raise ValueError(f'speeds={speeds}, must be at least 2 different ones')
        self.clip_len = clip_len
        self.steps = np.array(speeds) * frame_interval  # frames of the video for one of a clip

    def transform(self, results: dict) -> dict:
        """Draw the speeds and both starts."""
        frames, last = results['total_frames'], self.clip_len - 1
        reach = last * int(self.steps.max()) + 1
        fits = min((frames - 1) / max(reach - 1, 1), 1.0)
        steps = np.random.permutation(self.steps)[[0, 0, 1]]  # of a clip, one like it, one unlike
        places = np.arange(last + 1) * np.maximum(steps * fits, 1.0)[:, None]
        starts = np.random.randint(max(frames - reach, 0) + 1, size=2)[[0, 1, 1]]
        return set_clips(
            results,
            (starts[:, None] + places.astype(np.int64)).ravel() % frames,
            self.clip_len,
            float(steps[0]),
            ((0,), (1, 2)),
            frames < reach,
        )


@TRANSFORMS.register_module()
class SampleGlobalLocal(BaseTransform):
    """A long clip, and short ones one after the other that fill its span; then all of them again.

    The same frames come twice, each time in crops and colours of their own for every clip. A video that
    is too short is slowed until its frames fill the span.

    Args:
        clip_len: Frames of each clip.
        frame_interval: Distance of the long clip's frames.
        num_local: Short clips L; their frames are ``frame_interval / L`` apart.
    """

    def __init__(self, clip_len: int = 16, frame_interval: int = 4, num_local: int = 4) -> None:
        check_positive(clip_len=clip_len, frame_interval=frame_interval, num_local=num_local)
        if frame_interval % num_local or clip_len % num_local:
            raise ValueError(
                f'num_local={num_local}: must divide clip_len={clip_len} and '
                f'frame_interval={frame_interval}'
            )
        self.clip_len = clip_len
        self.frame_interval = frame_interval
        self.num_local = num_local

    def transform(self, results: dict) -> dict:
        """Draw the start."""
        frames = results['total_frames']
        last = self.clip_len * self.num_local - 1  # of the short clips' frames
        wanted = self.frame_interval / self.num_local
        step = min((frames - 1) / max(last, 1), wanted)
        start = np.random.randint(int(max(frames - 1 - last * wanted, 0)) + 1)
        short = start + np.floor(np.arange(last + 1) * step).astype(np.int64)
        views = np.concatenate([short[:: self.num_local], short])
        return set_clips(
            results,
            np.tile(views, 2),
            self.clip_len,
            step * self.num_local,
            tuple((view,) for view in range(2 * (1 + self.num_local))),
            bool(step < wanted),
        )
