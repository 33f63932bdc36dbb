"""Gray and blur for all frames of a clip alike, with torchvision's meaning, on uint8 frames."""

from __future__ import annotations

import cv2
import numpy as np
from mmaction.registry import TRANSFORMS
from mmcv.transforms import BaseTransform

from .color import check_probability


@TRANSFORMS.register_module()
class ClipGray(BaseTransform):
    """All given frames (one view, inside ``PerClip``) become gray, or none.

    The luma in all three channels, as torchvision's ``rgb_to_grayscale``.

    Args:
        p: Probability of gray.
    """

    def __init__(self, p: float = 0.2) -> None:
        check_probability(p)
        self.p = p

    def transform(self, results: dict) -> dict:
        """Draw once; frames that are not changed stay the same arrays."""
        if self.draw():
            gray = [cv2.cvtColor(img, cv2.COLOR_RGB2GRAY) for img in results['imgs']]
            results['imgs'] = [cv2.cvtColor(img, cv2.COLOR_GRAY2RGB) for img in gray]
        return results

    def draw(self) -> bool:
        """Whether the frames become gray."""
        return bool(np.random.random() < self.p)

    def __repr__(self) -> str:
        return f'{type(self).__name__}(p={self.p})'


@TRANSFORMS.register_module()
class ClipGaussianBlur(BaseTransform):
    """All given frames (one view, inside ``PerClip``) are blurred with one sigma, or none is.

    Args:
        sigma: Sigma is drawn from this range, in pixels.
        p: Probability of blur.
        kernel_share: Kernel size as a share of the frame's height, brought to the next odd number
            (SimCLR: a tenth).
    """

    def __init__(
        self, sigma: tuple[float, float] = (0.1, 2.0), p: float = 0.5, kernel_share: float = 0.1
    ) -> None:
        check_probability(p)
        if not 0 < sigma[0] <= sigma[1]:
            raise ValueError(f'sigma={sigma}, must be a range above 0')
        if not 0 < kernel_share <= 1:
            raise ValueError(f'kernel_share={kernel_share}, must be in (0, 1]')
        self.sigma = tuple(sigma)
        self.p = p
        self.kernel_share = kernel_share

    def transform(self, results: dict) -> dict:
        """Draw once; frames that are not changed stay the same arrays."""
        sigma = self.draw()
        if sigma is not None:
            size = 2 * (int(results['imgs'][0].shape[0] * self.kernel_share) // 2) + 1
            results['imgs'] = [cv2.GaussianBlur(i, (size, size), sigma) for i in results['imgs']]
        return results

    def draw(self) -> float | None:
        """Sigma of the blur; None for no blur."""
        return np.random.uniform(*self.sigma) if np.random.random() < self.p else None

    def __repr__(self) -> str:
        return f'{type(self).__name__}(sigma={self.sigma}, p={self.p})'
