"""Spatial and colour transforms with parameters of their own for every view."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence

from mmaction.registry import TRANSFORMS
from mmcv.transforms import BaseTransform


@TRANSFORMS.register_module()
class PerClip(BaseTransform):
    """Apply ``transforms`` to each view alone, so that each draws its own crop, flip and colours.

    MMAction2's transforms draw one set of parameters for all frames that they are given. Views that
    stand together in ``results['view_groups']`` are given together; without that key each of the
    ``num_clips`` clips stands alone.

    Args:
        transforms: Configs or callables that work on ``imgs``; the frames of all views must have
            one size behind them.
    """

    def __init__(self, transforms: Sequence[dict | Callable[[dict], dict]]) -> None:
        self.transforms = [TRANSFORMS.build(t) if isinstance(t, dict) else t for t in transforms]

    def transform(self, results: dict) -> dict:
        """Replace ``imgs``, in the order of the views, and ``img_shape``."""
        clip_len, num_clips = results['clip_len'], results['num_clips']
        groups = results.get('view_groups', tuple((view,) for view in range(num_clips)))
        views: list[list] = [[] for _ in range(num_clips)]
        for group in groups:
            done = self._apply(results, group, clip_len)
            for place, view in enumerate(group):
                views[view] = done['imgs'][place * clip_len : (place + 1) * clip_len]
        results['imgs'] = [frame for view in views for frame in view]
        shapes = {frame.shape[:2] for frame in results['imgs']}
        if len(shapes) > 1:
            raise ValueError(
                f'the views come out of PerClip in sizes {sorted(shapes)}; '
                'end its transforms with Resize(scale=(w, h), keep_ratio=False)'
            )
        results['img_shape'] = shapes.pop()
        return results

    def _apply(self, results: dict, group: Sequence[int], clip_len: int) -> dict:
        view = copy.copy(results)
        view['imgs'] = [
            results['imgs'][clip * clip_len + t] for clip in group for t in range(clip_len)
        ]
        view['num_clips'] = len(group)
        for transform in self.transforms:
            view = transform(view)
        if len(view['imgs']) != len(group) * clip_len:
            raise ValueError(
                f'the transforms of PerClip made {len(view["imgs"])} frames of '
                f'{len(group) * clip_len}; only transforms that keep the number can stand there'
            )
        return view

    def __repr__(self) -> str:
        return f'{type(self).__name__}(transforms={self.transforms})'
