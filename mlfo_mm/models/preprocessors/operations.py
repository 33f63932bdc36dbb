"""What augmentation does to clips (M, T, 3, H, W) of levels 0 to 255 in float32, for whole batches.

Each is the operation of the same name in ``mlfo_mm.datasets.transforms`` on uint8 frames, up to rounding.
Parameters are NumPy arrays of one entry a clip or frame: which clips they concern is known without
waiting for the device.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

LUMA = (0.299, 0.587, 0.114)


def place(frames: Tensor, box: np.ndarray, flip: np.ndarray, size: tuple[int, int]) -> Tensor:
    """Crop, resize and flip.

    Args:
        frames: (M, T, H, W, 3) uint8.
        box: (M, 4) left, top, right and bottom.
        flip: (M,), left to right.
        size: Height and width of the result.
    """
    count, length, height, width = frames.shape[:4]
    box = box.astype(np.float64)
    x = _coordinates(box[:, 0], box[:, 2], size[1])
    y = _coordinates(box[:, 1], box[:, 3], size[0])
    x = np.where(flip[:, None], x[:, ::-1], x)
    grid = np.empty((count, *size, 2), np.float32)  # in the units of grid_sample
    grid[..., 0] = (2 * x[:, None] + 1) / width - 1
    grid[..., 1] = (2 * y[:, :, None] + 1) / height - 1
    planes = frames.permute(0, 1, 4, 2, 3).flatten(1, 2).float()  # (M, T*3, H, W)
    shown = functional.grid_sample(
        planes, _to(grid, frames), mode='bilinear', padding_mode='border', align_corners=False
    )
    return shown.round_().unflatten(1, (length, 3))


def _coordinates(first: np.ndarray, last: np.ndarray, size: int) -> np.ndarray:
    """Where (M, size) pixel centres of the result lie in the frame; a crop's border is repeated."""
    inside = (np.arange(size) + 0.5) * ((last - first)[:, None] / size) - 0.5
    return first[:, None] + np.clip(inside, 0, (last - first)[:, None] - 1)


def difference(clips: Tensor, gain: np.ndarray) -> Tensor:
    """As ``FrameDifference``."""
    steps = (clips[:, 1:] - clips[:, :-1]).abs_()
    steps = torch.cat([steps, steps[:, -1:]], 1)
    return (
        (steps * _to(gain.astype(np.float32), clips)[:, None, None, None, None])
        .round_()
        .clamp_(max=255)
    )


def channel(clips: Tensor, per_frame: np.ndarray) -> Tensor:
    """As ``PerFrameGray``: (M, T) the channel that a frame shows, -1 for all."""
    shown = _to(np.where(per_frame[..., None] < 0, np.arange(3), per_frame[..., None]), clips)
    return clips.gather(2, shown[..., None, None].expand_as(clips))


def jitter(clips: Tensor, per_frame: np.ndarray) -> Tensor:
    """As ``PerFrameColorJitter``: (M, T, 4, 2) operations in their order (or -1) and strengths."""
    frames = clips.flatten(0, 1).clone()
    drawn = per_frame.reshape(-1, *per_frame.shape[2:])
    for turn in range(drawn.shape[1]):
        for operation, adjust in enumerate(ADJUST):
            concerned = np.flatnonzero(drawn[:, turn, 0] == operation)
            if len(concerned):
                index = _to(concerned, clips)
                strength = _to(drawn[concerned, turn, 1].astype(np.float32), clips)
                frames[index] = adjust(frames[index], strength[:, None, None, None])
    return frames.view_as(clips)


def brightness(frames: Tensor, factor: Tensor) -> Tensor:
    """Scale frames (B, 3, H, W)."""
    return (factor * frames).clamp_(0, 255).floor_()


def contrast(frames: Tensor, factor: Tensor) -> Tensor:
    """Blend with the mean of the luma."""
    mean = (_luma(frames).mean((2, 3), keepdim=True) + 0.5).floor_()
    return (mean + factor * (frames - mean)).clamp_(0, 255).floor_()


def saturation(frames: Tensor, factor: Tensor) -> Tensor:
    """Blend with the luma."""
    luma = _luma(frames)
    return (luma + factor * (frames - luma) - 0.499).round_().clamp_(0, 255)


def hue(frames: Tensor, shift: Tensor) -> Tensor:
    """Turn the hue by a share of the circle."""
    value, strongest = frames.max(1)
    least = frames.amin(1)
    chroma = value - least
    red, green, blue = frames.unbind(1)
    scale = chroma.clamp(min=1)
    place = torch.where(
        strongest == 0,
        (green - blue) / scale,
        torch.where(strongest == 1, 2 + (blue - red) / scale, 4 + (red - green) / scale),
    )  # in sixths of the circle
    place = place + 6 * (shift[:, 0] * 256).round() / 256
    levels = []
    for offset in (5, 3, 1):
        sector = (place + offset) % 6
        levels.append(value - chroma * torch.minimum(sector, 4 - sector).clamp(0, 1))
    return torch.stack(levels, 1).round_()


def gray(clips: Tensor, drawn: np.ndarray) -> Tensor:
    """As ``ClipGray``: (M,) which clips become gray."""
    chosen = _to(drawn, clips)[:, None, None, None, None]
    return torch.where(chosen, _luma(clips.flatten(0, 1)).unflatten(0, clips.shape[:2]), clips)


def blur(clips: Tensor, sigma: np.ndarray, share: np.ndarray) -> Tensor:
    """As ``ClipGaussianBlur``: (M,) sigma, 0 for none."""
    concerned = np.flatnonzero(sigma)
    if not len(concerned):
        return clips
    half = int(clips.shape[-2] * float(share[0])) // 2
    reach = np.arange(-half, half + 1)
    kernel = np.exp(-(reach**2) / (2 * sigma[concerned, None] ** 2))
    kernel = (kernel / kernel.sum(1, keepdims=True)).astype(np.float32)
    weight = _to(kernel, clips)[:, None]  # (B, 1, k)
    index = _to(concerned, clips)
    planes = clips[index].flatten(1, 2).transpose(0, 1)  # (T*3, B, H, W)
    planes = functional.pad(planes, (half,) * 4, mode='reflect')
    planes = functional.conv2d(planes, weight[..., None], groups=len(concerned))
    planes = functional.conv2d(planes, weight[..., None, :], groups=len(concerned))
    clips = clips.clone()
    clips[index] = planes.round_().transpose(0, 1).unflatten(1, clips.shape[1:3])
    return clips


def _luma(frames: Tensor) -> Tensor:
    """(B, 1, H, W) of frames (B, 3, H, W)."""
    red, green, blue = frames.split(1, 1)
    return (LUMA[0] * red + LUMA[1] * green + LUMA[2] * blue).round_()


def _to(values: np.ndarray, like: Tensor) -> Tensor:
    return torch.from_numpy(np.ascontiguousarray(values)).to(like.device, non_blocking=True)


ADJUST = (brightness, contrast, saturation, hue)
OPERATIONS: dict[str, Callable[..., Tensor]] = dict(
    difference=difference, channel=channel, jitter=jitter, gray=gray, blur=blur
)
