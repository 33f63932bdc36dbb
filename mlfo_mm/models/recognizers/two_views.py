"""What methods on two clips of a video share."""

from __future__ import annotations

from torch import Tensor


def two_views(inputs: Tensor) -> Tensor:
    """Clips view by view, (2N, 3, T, H, W), of a batch (N, 2, 3, T, H, W).

    Raises:
        ValueError: Another number of views.
    """
    if inputs.shape[1] != 2:
        raise ValueError(
            f'the method needs 2 clips of a video, the sampler gives {inputs.shape[1]}'
        )
    return inputs.transpose(0, 1).flatten(0, 1)
