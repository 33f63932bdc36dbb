"""Patches that move over a clip, and where they are (CtP, arXiv 2105.02545)."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from mmaction.registry import TRANSFORMS
from mmcv.transforms import BaseTransform

SIDE = 112  # pixels of the frames that lengths are said for
SHAPES = ('rectangle', 'ellipse', 'rhombus')
COURSES = ('even', 'accelerated', 'slowed')  # of a path between two key frames


@TRANSFORMS.register_module()
class PastePatches(BaseTransform):
    """Paste patches on each clip that move and change their size; the label says where they are.

    The label, in the place of the class label, is (V, P, L, 4): for each of P patches of a clip the
    corners x1, y1, x2, y2 in whole pixels of each of its L frames, also of those that do not show
    it. A patch is cut out of a frame of the same clip, at the place that it has there, so that it is
    told by its path and not by what it shows. Stands behind every spatial transform: the frames must
    be square.

    Paths run from key frame to key frame: the first, the last, and some between, which all patches of
    a clip share; one set for the places, one for the sizes.

    Args:
        num_patches: P.
        sizes: Of a patch, in pixels of a frame of 112; other frames have them in proportion.
        ratios: Width over height.
        size_jitter: Width and height are multiplied by exp(u), u in +- this.
        key_frames: Probabilities of 0, 1, 2, ... key frames between first and last.
        speed: Largest motion of the centre in x and y, in such pixels a frame.
        growth: Largest change of the logarithm of width and height a frame.
        shown: Probability that a frame shows a patch; the first and that of its origin always do.
        shapes: Probabilities of rectangle, ellipse and rhombus.
        soft_edge: Probability that a patch fades out to its edge.
        opacity: Range of the opacity, drawn for key frames.
    """

    def __init__(
        self,
        num_patches: int = 3,
        sizes: Sequence[float] = (16, 24, 28, 32, 48, 64),
        ratios: Sequence[float] = (0.5, 0.67, 0.75, 1.0, 1.33, 1.5, 2.0),
        size_jitter: float = 0.18,
        key_frames: Sequence[float] = (0.5, 0.3, 0.2),
        speed: float = 3.0,
        growth: float = 0.025,
        shown: float = 0.8,
        shapes: Sequence[float] = (0.5, 0.35, 0.15),
        soft_edge: float = 0.5,
        opacity: tuple[float, float] = (0.8, 1.0),
    ) -> None:
        for name, chances in (('key_frames', key_frames), ('shapes', shapes)):
            if abs(sum(chances) - 1) > 1e-6 or min(chances) < 0:
                raise ValueError(f'{name}={chances}, must be probabilities that add up to 1')
        if num_patches < 1 or min(*sizes, *ratios) <= 0 or len(shapes) != len(SHAPES):
            raise ValueError(
                f'num_patches={num_patches}, sizes={sizes}, ratios={ratios}, shapes={shapes}: needs '
                f'a patch of some size, and {len(SHAPES)} shapes'
            )
        self.num_patches = num_patches
        self.sizes, self.ratios = np.array(sizes) / SIDE, np.array(ratios)
        self.size_jitter = size_jitter
        self.key_frames = key_frames
        self.speed, self.growth = speed / SIDE, growth
        self.shown = shown
        self.shapes, self.soft_edge, self.opacity = shapes, soft_edge, opacity

    def transform(self, results: dict) -> dict:
        """Change ``imgs`` and replace the label."""
        height, width = results['img_shape']
        if height != width:
            raise ValueError(f'PastePatches needs square frames, got {height} x {width}: crop them')
        length, imgs = results['clip_len'], results['imgs']
        pasted, label = [], []
        for start in range(0, len(imgs), length):
            clip = imgs[start : start + length]
            boxes = self.draw_boxes(length, width)
            pasted += self.paste(clip, boxes)
            label.append(boxes)
        results['imgs'] = pasted
        results['label'] = np.stack(label)
        return results

    def draw_boxes(self, length: int, side: int) -> np.ndarray:
        """Corners (P, L, 4) in whole pixels, at least one pixel wide and high."""
        patches = (self.num_patches, 2)
        base = np.random.choice(self.sizes, self.num_patches)
        root = np.sqrt(np.random.choice(self.ratios, self.num_patches))
        size = np.stack([base * root, base / root], 1)  # (P, 2): width, height
        size *= np.exp(np.random.uniform(-self.size_jitter, self.size_jitter, patches))
        size = size.clip(1 / side, 1 - 1 / side)
        keys = self._key_frames(length)
        centres = [np.random.uniform(size / 2, 1 - size / 2)]
        for frames in np.diff(keys):
            moved = centres[-1] + np.random.uniform(-self.speed, self.speed, patches) * frames
            centres.append(moved.clip(size / 2, 1 - size / 2))
        centre = _along(np.stack(centres), keys)  # (L, P, 2)
        keys = self._key_frames(length)
        grown = [size]
        for frames in np.diff(keys):
            change = np.random.uniform(-self.growth, self.growth, patches) * frames
            grown.append(grown[-1] * np.exp(change))
        half = _along(np.stack(grown), keys) / 2
        low = np.rint((centre - half) * side).clip(0, side - 1)
        high = np.rint((centre + half) * side).clip(low + 1, side)
        return np.concatenate([low, high], 2).transpose(1, 0, 2).astype(np.int64)

    def paste(self, clip: Sequence[np.ndarray], boxes: np.ndarray) -> list[np.ndarray]:
        """A clip's frames with patches on them, large ones below small ones."""
        out = [frame.copy() for frame in clip]
        areas = np.prod((boxes[..., 2:] - boxes[..., :2]).mean(1), 1)
        for corners in boxes[np.argsort(-areas, kind='stable')]:
            origin = np.random.randint(len(clip))
            x1, y1, x2, y2 = corners[origin]
            patch, mask = clip[origin][y1:y2, x1:x2], self._mask(x2 - x1, y2 - y1)
            keys = self._key_frames(len(clip))
            opacity = _along(np.random.uniform(*self.opacity, (len(keys), 1)), keys, even=True)
            shown = np.random.random(len(clip)) <= self.shown
            shown[[0, origin]] = True
            for frame in np.flatnonzero(shown):
                x1, y1, x2, y2 = corners[frame]
                size = int(x2 - x1), int(y2 - y1)
                alpha = (cv2.resize(mask, size) * opacity[frame, 0])[..., None]
                below = out[frame][y1:y2, x1:x2]
                out[frame][y1:y2, x1:x2] = below * (1 - alpha) + cv2.resize(patch, size) * alpha
        return out

    def _key_frames(self, length: int) -> np.ndarray:
        inner = np.random.choice(len(self.key_frames), p=self.key_frames)
        spacing = length / (inner + 1)
        keys = (spacing * np.arange(1, inner + 1)).astype(int)
        if reach := int(spacing / 3):
            keys += np.random.randint(-reach, reach, inner)
        return np.unique([0, *keys, length - 1])

    def _mask(self, width: int, height: int) -> np.ndarray:
        """Opacity (height, width) of a patch, in [0, 1]."""
        x = np.abs(np.arange(width) - (width - 1) // 2) / width
        y = np.abs(np.arange(height) - (height - 1) // 2)[:, None] / height
        shape = np.random.choice(SHAPES, p=self.shapes)
        if shape == 'rectangle':
            distance = np.maximum(x, y)
            mask = np.ones((height, width))
        else:
            distance = np.hypot(x, y) if shape == 'ellipse' else x + y
            mask = (distance < 0.5).astype(float)
        if np.random.random() < self.soft_edge:
            turn = np.random.uniform(0.3, 0.45)
            mask = mask * ((0.5 - distance) / (0.5 - turn)).clip(0, 1)
        return mask.astype(np.float32)


def _along(values: np.ndarray, keys: np.ndarray, even: bool = False) -> np.ndarray:
    """Values (L, ...) of all frames from those (K, ...) of the key frames.

    Between two of them they change at an even rate, or faster and faster, or slower and slower.
    """
    frames = np.zeros((keys[-1] + 1, *values.shape[1:]))
    for start, stop, first, last in zip(keys[:-1], keys[1:], values[:-1], values[1:], strict=True):
        share = np.arange(stop - start + 1).reshape(-1, *[1] * first.ndim) / (stop - start)
        course = 'even' if even else np.random.choice(COURSES, p=(0.7, 0.15, 0.15))
        if course == 'accelerated':
            share = share**2
        elif course == 'slowed':
            share = 1 - (1 - share) ** 2
        frames[start : stop + 1] = first + share * (last - first)
    return frames
