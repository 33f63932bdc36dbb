"""Augmentation on the device: workers decode and draw, ``AugmentingDataPreprocessor`` does the rest.

The numbers are drawn by the same transforms, in the same order, from the sample's seed; only what they
do to pixels is left to the device. A sample then holds its frames once, (F, H, W, 3) uint8, and says
under ``augment`` which of them its views show (``places``) and what is done to them (``steps``).
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from mmaction.datasets.transforms import (
    CenterCrop,
    Flip,
    FormatShape,
    PackActionInputs,
    RandomCrop,
    RandomResizedCrop,
    Resize,
)
from mmcv.transforms import BaseTransform

from mlfo_mm.errors import UserError

from .clip_color import ClipGaussianBlur, ClipGray
from .color import PerFrameColorJitter, PerFrameGray
from .decode import DecodeFrames
from .motion import FrameDifference
from .per_clip import PerClip
from .puzzle import CropPieces

SPATIAL = (RandomResizedCrop, RandomCrop, CenterCrop, Resize, Flip)
COLOUR = (FrameDifference, PerFrameGray, PerFrameColorJitter, ClipGray, ClipGaussianBlur)
Step = tuple[str, dict[str, Any]]


def defer(pipeline: Sequence[Callable]) -> list[Callable]:
    """The pipeline that leaves what ``PerClip`` holds to the device.

    Raises:
        UserError: It has a step that the device cannot take over.
    """
    steps: list[Callable] = []
    for step in pipeline:
        drawn = bool(steps) and isinstance(steps[-1], DrawViews)
        if isinstance(step, DecodeFrames):
            steps.append(DecodeOnce(step.scale))
        elif isinstance(step, PerClip):
            steps.append(DrawViews(step.transforms))
        elif isinstance(step, PackActionInputs) and drawn:
            packed = copy.copy(step)
            packed.meta_keys = (*step.meta_keys, 'augment')
            steps.append(packed)
        elif isinstance(step, CropPieces) or (drawn and not isinstance(step, FormatShape)):
            raise _unfit(step)
        elif not drawn:
            steps.append(step)
    if not any(isinstance(step, DrawViews) for step in steps):
        raise UserError("augment='device' needs a pipeline with PerClip")
    return steps


class DecodeOnce(DecodeFrames):
    """Each frame once in ``imgs``; ``frame_places`` says where the views' frames are."""

    def arrange(self, results: dict, frames: Sequence[np.ndarray], places: np.ndarray) -> None:
        """Keep the places for the device."""
        results['imgs'], results['frame_places'] = list(frames), places


class DrawViews(BaseTransform):
    """Draw what ``PerClip`` would do, view by view."""

    def __init__(self, transforms: Sequence[Callable]) -> None:
        spatial = [isinstance(each, SPATIAL) for each in transforms]
        for each, is_spatial in zip(transforms, spatial, strict=True):
            if not is_spatial and not isinstance(each, COLOUR):
                raise _unfit(each)
        count = sum(spatial)
        if not all(spatial[:count]):
            raise UserError("augment='device' needs crop, resize and flip before colour in PerClip")
        self._spatial = [copy.copy(each) for each in transforms[:count]]
        for each in self._spatial:
            each.lazy = True  # MMAction2's own way to compute a crop without pixels
        self._colour = list(transforms[count:])

    def transform(self, results: dict) -> dict:
        """Replace ``imgs`` by one array, and say in ``augment`` what is to be done."""
        length, views = results['clip_len'], results['num_clips']
        groups = results.get('view_groups', tuple((view,) for view in range(views)))
        drawn: list[list[Step]] = [[] for _ in range(views)]
        for group in groups:
            steps = [self._place(results), *self._colours(len(group) * length)]
            for place, view in enumerate(group):
                frames = slice(place * length, (place + 1) * length)
                drawn[view] = [(kind, _of_view(values, frames)) for kind, values in steps]
        results['img_shape'] = drawn[0][0][1]['size']
        results['augment'] = dict(
            places=results.pop('frame_places').reshape(views, length),
            steps=[_stacked(steps) for steps in zip(*drawn, strict=True)],
        )
        results['imgs'] = np.stack(results['imgs'])  # (F, H, W, 3)
        return results

    def _place(self, results: dict) -> Step:
        shape = results['img_shape']
        view = dict(img_shape=shape, modality='RGB')
        for each in self._spatial:
            view = each(view)
        lazy = view.get('lazy') or dict(crop_bbox=np.array([0, 0, *shape[::-1]]), flip=False)
        box = np.asarray(lazy['crop_bbox'], np.float32)
        return 'place', dict(box=box, flip=bool(lazy['flip']), size=tuple(view['img_shape']))

    def _colours(self, frames: int) -> list[Step]:
        steps: list[Step] = []
        for each in self._colour:
            if isinstance(each, FrameDifference):
                steps.append(('difference', dict(gain=each.gain)))
            elif isinstance(each, PerFrameGray):
                steps.append(('channel', dict(per_frame=each.draw(frames))))
            elif isinstance(each, PerFrameColorJitter):
                order, strength = np.full((frames, 4), -1), np.zeros((frames, 4), np.float32)
                for frame, operations in enumerate(each.draw(frames) or []):
                    for place, (operation, value) in enumerate(operations):
                        order[frame, place], strength[frame, place] = operation, value
                steps.append(('jitter', dict(per_frame=np.stack([order, strength], -1))))
            elif isinstance(each, ClipGray):
                steps.append(('gray', dict(drawn=each.draw())))
            elif isinstance(each, ClipGaussianBlur):
                steps.append(('blur', dict(sigma=each.draw() or 0.0, share=each.kernel_share)))
        return steps


def _of_view(values: dict[str, Any], frames: slice) -> dict[str, Any]:
    return {k: v[frames] if k == 'per_frame' else v for k, v in values.items()}


def _stacked(steps: Sequence[Step]) -> Step:
    """One step of all views: (V, ...) arrays."""
    values = {key: np.stack([each[key] for _, each in steps]) for key in steps[0][1]}
    return steps[0][0], values


def _unfit(step: Callable) -> UserError:
    return UserError(
        f"augment='device' cannot take over {type(step).__name__}: train this config without it"
    )
