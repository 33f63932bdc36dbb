"""Small rotations of a clip."""

from __future__ import annotations

import cv2
import numpy as np
from mmaction.registry import TRANSFORMS
from mmcv.transforms import BaseTransform


@TRANSFORMS.register_module()
class ClipTurn(BaseTransform):
    """Turn all given frames (one view, inside ``PerClip``) about their centre by one angle.

    The frames keep their size; corners that come in are black.

    Args:
        degrees: The angle is drawn from [-degrees, degrees].
    """

    def __init__(self, degrees: float = 10.0) -> None:
        if degrees < 0:
            raise ValueError(f'degrees={degrees}, must be at least 0')
        self.degrees = degrees

    def transform(self, results: dict) -> dict:
        """Draw the angle and turn ``imgs``."""
        height, width = results['imgs'][0].shape[:2]
        centre = (width - 1) / 2, (height - 1) / 2
        turn = cv2.getRotationMatrix2D(centre, np.random.uniform(-self.degrees, self.degrees), 1.0)
        results['imgs'] = [cv2.warpAffine(img, turn, (width, height)) for img in results['imgs']]
        return results

    def __repr__(self) -> str:
        return f'{type(self).__name__}(degrees={self.degrees})'
