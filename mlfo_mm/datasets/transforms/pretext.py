"""Pretext tasks that are classifications: clips, and what was done to them as the label.

The label takes the place of the class label, which nothing in pretraining reads. It has two axes, by
which a recognizer tells it from a class label: one row for each prediction (a clip, or the tuple
of them), one column for each task; ``IGNORED`` where a task does not ask about a clip.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from itertools import permutations
from typing import Literal

import numpy as np
from mmaction.registry import TRANSFORMS
from mmcv.transforms import BaseTransform

from .sampling import check_choice, check_positive, set_clips

IGNORED = -1


class PretextSampler(BaseTransform):
    """Clips of a video and their label, drawn by :meth:`draw`.

    Args:
        clip_len: Frames L of a clip.
        shared_crop: All clips of a sample share their spatial parameters; each has its own otherwise,
            so that no clip can be told from the others by its place in the picture.
    """

    def __init__(self, clip_len: int, shared_crop: bool = False) -> None:
        check_positive(clip_len=clip_len)
        self.clip_len = clip_len
        self.shared_crop = shared_crop

    @abstractmethod
    def draw(self, frames: int) -> tuple[np.ndarray, np.ndarray, bool]:
        """Frames of the clips (V, L), their label, and whether the video is too short for the task."""

    def transform(self, results: dict) -> dict:
        """Draw the clips and replace the label."""
        clips, label, short = self.draw(results['total_frames'])
        views = range(len(clips))
        groups = (tuple(views),) if self.shared_crop else tuple((view,) for view in views)
        results['label'] = np.asarray(label, np.int64)
        return set_clips(results, clips.ravel(), self.clip_len, 1, groups, bool(short))


@TRANSFORMS.register_module()
class SampleClipOrder(PretextSampler):
    """Clips one after the other, shuffled; the label (1, 1) is which permutation it was.

    Class k is the k-th of all permutations in lexicographic order; entry i of a permutation is the
    original place of the clip that is shown at place i. In a video that is too short the gaps shrink,
    then the clips overlap, then the video is looped.

    Args:
        clip_len: Frames of a clip.
        frame_interval: Distance of a clip's frames.
        num_clips: Clips N of a tuple; there are N! classes.
        gap: Frames left out between two clips.
        shared_crop: One crop for the tuple.
    """

    def __init__(
        self,
        clip_len: int = 16,
        frame_interval: int = 1,
        num_clips: int = 3,
        gap: int = 8,
        shared_crop: bool = False,
    ) -> None:
        super().__init__(clip_len, shared_crop)
        check_positive(frame_interval=frame_interval, num_clips=num_clips - 1)
        if gap < 0:
            raise ValueError(f'gap={gap}, must be at least 0')
        self.inside = np.arange(clip_len) * frame_interval
        self.gap = gap
        self.orders = np.array(list(permutations(range(num_clips))))  # (N!, N)

    def draw(self, frames: int) -> tuple[np.ndarray, np.ndarray, bool]:
        """Frames (N, L) and label (1, 1)."""
        span, places = self.inside[-1] + 1, np.arange(self.orders.shape[1])
        wanted = span + self.gap
        step = int(np.clip((frames - span) // places[-1], 1, wanted))
        first = np.random.randint(max(frames - span - step * places[-1], 0) + 1)
        clips = (first + step * places[:, None] + self.inside) % frames
        label = np.random.randint(len(self.orders))
        return clips[self.orders[label]], np.array([[label]]), step < wanted


@TRANSFORMS.register_module()
class SamplePace(PretextSampler):
    """Clips at paces of their own; the label (V, 1) is which of the paces each has.

    Args:
        clip_len: Frames of a clip.
        paces: Distances of a clip's frames; a negative one plays backwards, 0 repeats one frame.
        num_clips: Clips V, drawn independently.
        out_of_bound: 'fit' draws among the paces at which a clip fits into the video, and starts it
            where it does; 'loop' draws any pace and any start, as the released code does, and goes
            on at the video's beginning. That puts a cut into a clip, the more often the faster it
            is, by which a network can tell paces without seeing motion.
        shared_crop: One crop for all clips.
    """

    def __init__(
        self,
        clip_len: int = 16,
        paces: Sequence[int] = (1, 2, 3, 4),
        num_clips: int = 1,
        out_of_bound: Literal['fit', 'loop'] = 'fit',
        shared_crop: bool = False,
    ) -> None:
        super().__init__(clip_len, shared_crop)
        check_positive(num_clips=num_clips)
        check_choice('out_of_bound', out_of_bound, ('fit', 'loop'))
        if len(set(paces)) < 2:
            raise ValueError(f'paces={paces}, must be at least 2 different ones')
        self.paces = np.array(paces)
        self.num_clips = num_clips
        self.out_of_bound = out_of_bound

    def draw(self, frames: int) -> tuple[np.ndarray, np.ndarray, bool]:
        """Frames (V, L) and label (V, 1)."""
        reach = abs(self.paces) * (self.clip_len - 1) + 1
        fits = reach <= frames
        allowed = np.arange(len(self.paces))
        if self.out_of_bound == 'fit':
            allowed = np.flatnonzero(fits) if fits.any() else reach.argmin(keepdims=True)
        label = np.random.choice(allowed, self.num_clips)
        last = frames - reach[label] if self.out_of_bound == 'fit' else frames - 1
        first = np.random.randint(np.maximum(last, 0) + 1, size=self.num_clips)
        steps = np.arange(self.clip_len) * abs(self.paces[label, None])
        backwards = self.paces[label, None] < 0
        clips = first[:, None] + np.where(backwards, steps[:, ::-1], steps)
        return clips % frames, label[:, None], not fits.all()


@TRANSFORMS.register_module()
class SampleSpeeds(PretextSampler):
    """A clip at normal speed and one sped up from the same start; the label is [[0], [1]].

    At a rate f a clip shows L frames of a stretch of f L, which ones is drawn: frames are skipped
    with probability 1 - 1/f, so that no regular pattern of the encoder's betrays the speed. In a
    video that is too short the rates sink to what fits: no frame is shown twice, which would betray
    the speed. Where not even L frames fit, both clips show all there are.

    Args:
        clip_len: Frames L of a clip.
        frame_interval: Distance of consecutive frames at rate 1.
        normal: Range that the rate of the first clip is drawn from.
        fast: Range of the second's.
        shared_crop: One crop for both.
    """

    def __init__(
        self,
        clip_len: int = 16,
        frame_interval: int = 1,
        normal: tuple[float, float] = (1.0, 1.2),
        fast: tuple[float, float] = (1.7, 2.2),
        shared_crop: bool = True,
    ) -> None:
        super().__init__(clip_len, shared_crop)
        check_positive(frame_interval=frame_interval)
        if not 1 <= normal[0] <= normal[1] < fast[0] <= fast[1]:
            raise ValueError(f'normal={normal}, fast={fast}: rates rise, from 1 on')
        self.frame_interval = frame_interval
        self.ranges = (normal, fast)

    def draw(self, frames: int) -> tuple[np.ndarray, np.ndarray, bool]:
        """Frames (2, L) and label (2, 1)."""
        lengths = [round(np.random.uniform(*rates) * self.clip_len) for rates in self.ranges]
        fits = (frames - 1) // self.frame_interval + 1
        longest = max(fits, self.clip_len)
        shown = [np.random.choice(min(n, longest), self.clip_len, replace=False) for n in lengths]
        clips = np.sort(shown, 1)
        clips = (clips - clips[:, :1]) * self.frame_interval
        reach = int(clips.max()) + 1
        if reach > frames:
            clips = clips * frames // reach
        first = np.random.randint(frames - min(reach, frames) + 1)
        return first + clips, np.array([[0], [1]]), max(lengths) > fits


@TRANSFORMS.register_module()
class SampleTemporalTransforms(PretextSampler):
    """Four clips: at a speed, back and forth, shuffled, warped; the label (4, 2) has two tasks.

    The first is which of the four a clip is, the second the speed s of the first two clips, whose
    frames are 2^s apart. Back and forth: a part of a walk that turns round in its middle, and comes
    back between the frames that it has shown. Shuffled: consecutive frames in any order. Warped:
    distances are drawn for every frame.

    Args:
        clip_len: Frames of a clip, at least 4.
        max_speed: Largest s; a short video allows only those at which a clip fits.
        shared_crop: One crop for the four.
    """

    def __init__(self, clip_len: int = 16, max_speed: int = 3, shared_crop: bool = False) -> None:
        super().__init__(clip_len, shared_crop)
        check_positive(clip_len=clip_len - 3, max_speed=max_speed)
        self.max_speed = max_speed

    def draw(self, frames: int) -> tuple[np.ndarray, np.ndarray, bool]:
        """Frames (4, L) and label (4, 2)."""
        length = self.clip_len
        # whole numbers: the logarithm in floating point may lose a level
        fastest = min(max(frames // length, 1).bit_length() - 1, self.max_speed)
        speed = np.random.randint(fastest + 1)
        steps = np.arange(length)
        clips = [steps << speed, self._periodic(1 << speed), np.random.permutation(length)]
        clips.append(self._warp(1 << fastest, max(frames, length)))
        rooms = [max(frames - clip.max() - 1, 0) for clip in clips]
        starts = [np.random.randint(room + 1) for room in rooms]
        inds = np.stack(clips) + np.array(starts)[:, None]
        label = [[0, speed], [1, speed], [2, IGNORED], [3, IGNORED]]
        return inds % frames, np.array(label), frames <= length

    def _periodic(self, skip: int) -> np.ndarray:
        ahead = np.arange(self.clip_len - 2) * skip
        shift = np.random.randint(2) if skip == 1 else np.random.randint(1, skip)
        walk = np.concatenate([ahead, ahead[::-1] + shift])  # of 2L - 4 frames, L are shown
        first = np.random.randint(self.clip_len - 3)
        return walk[first : first + self.clip_len] - walk[first : first + self.clip_len].min()

    def _warp(self, largest: int, frames: int) -> np.ndarray:
        if largest > 2:
            steps = np.random.randint(1, largest + 1, self.clip_len).cumsum()
        else:  # too few distances to choose from: any frames of the video
            steps = np.sort(np.random.choice(frames, self.clip_len, replace=False))
        return steps - steps[0]


@TRANSFORMS.register_module()
class RotateClips(BaseTransform):
    """Turn every frame of a clip by one angle; the label (V, 1) counts quarter turns, anticlockwise.

    Quarter turns move pixels and compute none, so no border or blur tells the angle. Stands behind
    every spatial transform: the frames must be square.

    Args:
        all_angles: Show each clip at all four angles (4 V clips), not at one that is drawn.
        beside: Turn only clips that a sampler's label (V, tasks) asks about, and say so in a last
            column of it.
    """

    def __init__(self, all_angles: bool = False, beside: bool = False) -> None:
        if all_angles and beside:
            raise ValueError('all_angles makes clips that no label stands beside: leave one out')
        self.all_angles = all_angles
        self.beside = beside

    def transform(self, results: dict) -> dict:
        """Turn ``imgs`` and replace the label."""
        height, width = results['img_shape']
        if height != width:
            raise ValueError(f'RotateClips needs square frames, got {height} x {width}: crop them')
        length, views = results['clip_len'], results['num_clips']
        imgs = results['imgs']
        clips = [imgs[view * length : (view + 1) * length] for view in range(views)]
        if self.all_angles:
            turns = np.tile(np.arange(4), views)
            clips = [clip for clip in clips for _ in range(4)]
            results.pop('view_groups', None)
        else:
            turns = np.random.randint(4, size=views)
        label = turns[:, None]
        if self.beside:
            asked = (results['label'] != IGNORED).any(1)
            turns = turns * asked
            column = np.where(asked, turns, IGNORED)[:, None]
            label = np.concatenate([results['label'], column], 1)
        results['imgs'] = [
            np.ascontiguousarray(np.rot90(img, turn))
            for clip, turn in zip(clips, turns, strict=True)
            for img in clip
        ]
        results['num_clips'] = len(clips)
        results['label'] = label
        return results


@TRANSFORMS.register_module()
class LabelByPlace(BaseTransform):
    """The label (1, 1) is the video's place in its list, for methods that know each sample again."""

    def transform(self, results: dict) -> dict:
        """Replace the label."""
        results['label'] = np.array([[results['list_index']]], np.int64)
        return results
