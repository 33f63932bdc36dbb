"""Colour transforms on uint8 frames, with the meaning that torchvision gives them on PIL images."""

from __future__ import annotations

import cv2
import numpy as np
from mmaction.registry import TRANSFORMS
from mmcv.transforms import BaseTransform

LEVELS = np.arange(256, dtype=np.float32)


def adjust_brightness(img: np.ndarray, factor: float) -> np.ndarray:
    """Scale an (H, W, 3) or (H, W) uint8 frame; 0 is black, 1 leaves it."""
    return cv2.LUT(img, _blend_table(0.0, factor))


def adjust_contrast(img: np.ndarray, factor: float) -> np.ndarray:
    """Blend with the mean of the luma; 0 is that gray, 1 leaves the frame. (H, W) is luma itself."""
    luma = img if img.ndim == 2 else cv2.cvtColor(img, cv2.COLOR_RGB2GRAY)
    mean = int(cv2.mean(luma)[0] + 0.5)
    return cv2.LUT(img, _blend_table(mean, factor))


def adjust_saturation(img: np.ndarray, factor: float) -> np.ndarray:
    """Blend with the luma; 0 is gray, 1 leaves the frame."""
    gray = cv2.cvtColor(cv2.cvtColor(img, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    # PIL cuts off where OpenCV rounds; not quite a half, or whole numbers would fall too.
    return cv2.addWeighted(img, factor, gray, 1 - factor, -0.499)


def adjust_hue(img: np.ndarray, shift: float) -> np.ndarray:
    """Turn the hue by ``shift`` of the full circle, -0.5 to 0.5."""
    hsv = cv2.cvtColor(img, cv2.COLOR_RGB2HSV_FULL)
    row = np.zeros(3 * img.shape[1], np.uint8)
    row[::3] = round(shift * 256) % 256
    rows = hsv.reshape(len(img), -1)
    rows += row  # whole rows: three times faster than every third value alone
    return cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB_FULL)


def _blend_table(base: float, factor: float) -> np.ndarray:
    table = LEVELS - base
    table *= factor
    table += base
    np.maximum(table, 0, out=table)  # np.clip takes twice as long on so few numbers
    return np.minimum(table, 255, out=table).astype(np.uint8)


ADJUST = (adjust_brightness, adjust_contrast, adjust_saturation, adjust_hue)
CHANGE_GRAY = (adjust_brightness, adjust_contrast)  # the others leave a gray frame as it is


def _adjust_gray(img: np.ndarray, operations: list[tuple[int, float]]) -> np.ndarray:
    """What the operations do to a frame whose channels are all alike, in one channel."""
    channel = cv2.extractChannel(img, 0)
    for operation, strength in operations:
        if ADJUST[operation] in CHANGE_GRAY:
            channel = ADJUST[operation](channel, strength)
    return cv2.cvtColor(channel, cv2.COLOR_GRAY2RGB)


@TRANSFORMS.register_module()
class PerFrameColorJitter(BaseTransform):
    """Brightness, contrast, saturation and hue at random strength, in random order.

    Strengths and order are drawn for each frame, or with ``per_frame=False`` once for all frames
    that the transform is given (one view, inside ``PerClip``).

    Args:
        brightness: The factor is drawn from [max(0, 1 - b), 1 + b]; 0 leaves brightness alone.
        contrast: As brightness.
        saturation: As brightness.
        hue: The shift is drawn from [-h, h], in turns of the circle, at most 0.5.
        p: Probability that the given frames are changed at all.
        per_frame: Draw for each frame, or once.
    """

    def __init__(
        self,
        brightness: float = 0.5,
        contrast: float = 0.5,
        saturation: float = 0.5,
        hue: float = 0.25,
        p: float = 1.0,
        per_frame: bool = True,
    ) -> None:
        if min(brightness, contrast, saturation) < 0 or not 0 <= hue <= 0.5:
            raise ValueError(
                'brightness, contrast and saturation must be at least 0 and hue in [0, 0.5], got '
                f'{brightness}, {contrast}, {saturation} and {hue}'
            )
        check_probability(p)
        factors = [(max(0.0, 1 - f), 1 + f) for f in (brightness, contrast, saturation)]
        self.ranges = [*factors, (-hue, hue)]
        self.used = [
            i for i, strength in enumerate((brightness, contrast, saturation, hue)) if strength
        ]
        self.p = p
        self.per_frame = per_frame

    def transform(self, results: dict) -> dict:
        """Draw and apply; a frame that is not changed stays the same array."""
        drawn = self.draw(len(results['imgs']))
        if drawn is None:
            return results
        gray = {id(img) for img in results.get('gray_imgs', ())}
        imgs = []
        for img, operations in zip(results['imgs'], drawn, strict=True):
            if id(img) in gray:
                img = _adjust_gray(img, operations)
            else:
                for operation, strength in operations:
                    img = ADJUST[operation](img, strength)
            imgs.append(img)
        results['imgs'] = imgs
        return results

    def draw(self, frames: int) -> list[list[tuple[int, float]]] | None:
        """Places in ``ADJUST`` and strengths for each frame; None where nothing is changed."""
        if np.random.random() >= self.p:
            return None
        if not self.per_frame:
            return [self._draw()] * frames
        return [self._draw() for _ in range(frames)]

    def _draw(self) -> list[tuple[int, float]]:
        drawn = np.random.random_sample(len(ADJUST)).tolist()
        order = self.used.copy()
        np.random.shuffle(order)
        return [(i, low + (high - low) * drawn[i]) for i in order for low, high in [self.ranges[i]]]

    def __repr__(self) -> str:
        return (
            f'{type(self).__name__}(ranges={[list(r) for r in self.ranges]}, p={self.p}, '
            f'per_frame={self.per_frame})'
        )


@TRANSFORMS.register_module()
class PerFrameGray(BaseTransform):
    """Each frame, with probability ``p``, shows one of its channels, drawn at random, in all three.

    Not the luma: which of red, green and blue is kept differs from frame to frame.

    Args:
        p: Probability.
        per_frame: Draw for each frame, or once for all that the transform is given.
    """

    def __init__(self, p: float = 0.5, per_frame: bool = True) -> None:
        check_probability(p)
        self.p = p
        self.per_frame = per_frame

    def transform(self, results: dict) -> dict:
        """Copy a channel over the others in the frames that are drawn, and note them in gray_imgs."""
        imgs, gray = [], []
        for img, channel in zip(results['imgs'], self.draw(len(results['imgs'])), strict=True):
            if channel >= 0:
                img = cv2.cvtColor(cv2.extractChannel(img, int(channel)), cv2.COLOR_GRAY2RGB)
                gray.append(img)
            imgs.append(img)
        results['imgs'], results['gray_imgs'] = imgs, gray
        return results

    def draw(self, frames: int) -> np.ndarray:
        """The channel that each frame shows; -1 for all."""
        count = frames if self.per_frame else 1
        chosen = np.random.random(count) < self.p
        drawn = np.where(chosen, np.random.randint(3, size=count), -1)
        return drawn if self.per_frame else drawn.repeat(frames)

    def __repr__(self) -> str:
        return f'{type(self).__name__}(p={self.p}, per_frame={self.per_frame})'


def check_probability(p: float) -> None:
    """Raise ValueError unless p is a probability."""
    if not 0 <= p <= 1:
        raise ValueError(f'p={p}, must be in [0, 1]')
