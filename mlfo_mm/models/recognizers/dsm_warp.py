"""DSM's local warps: the scene is disturbed around some points, alike in all frames of a clip."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def draw_warps(
    clips: int, num_warps: int, centre: tuple[float, float], shift: tuple[float, float]
) -> tuple[Tensor, Tensor]:
    """Points and shifts (num_warps, clips, 2) of 1 to num_warps warps a clip; others shift by 0.

    Args:
        clips: M.
        num_warps: Most warps of a clip.
        centre: Range of the points, as a share of the side.
        shift: Range of the shifts, as a share of the side.
    """
    points = torch.empty(num_warps, clips, 2).uniform_(*centre)
    shifts = torch.empty(num_warps, clips, 2).uniform_(*shift)
    count = torch.randint(1, num_warps + 1, (clips,))
    shown = torch.arange(num_warps)[:, None] < count  # (num_warps, M)
    return points, shifts * shown[..., None]


def displacement(at: Tensor, point: Tensor, shift: Tensor) -> Tensor:
    """Where a warp looks, relative to positions (M, H, W, 2) given in the units of points and shifts.

    Half of the shift, against its direction, at ``point + shift`` (M, 2), and less around it.
    """
    centre, length = (point + shift)[:, None, None], shift.norm(dim=1)
    away = (at - centre).norm(dim=3) / length.clamp(min=1e-6)[:, None, None]  # (M, H, W)
    return -0.5 / (3 * away**4 + 1)[..., None] * shift[:, None, None]


def warp(clips: Tensor, points: Tensor, shifts: Tensor) -> Tensor:
    """Clips (M, C, T, H, W) after the warps (num_warps, M, 2), one after the other.

    Positions are (row, column) as shares of the height and width.
    """
    count, _, _, height, width = clips.shape
    rows = (torch.arange(height, device=clips.device) + 0.5) / height
    columns = (torch.arange(width, device=clips.device) + 0.5) / width
    at = torch.stack(torch.meshgrid(rows, columns, indexing='ij'), -1)  # (H, W, 2)
    at = at.expand(count, -1, -1, -1)
    drawn = (each.flip(0).to(at, non_blocking=True) for each in (points, shifts))
    for point, shift in zip(*drawn, strict=True):  # the last looks first
        at = at + displacement(at, point, shift)
    grid = (2 * at - 1).flip(3).to(clips.dtype)  # (x, y) from -1 to 1
    planes = clips.flatten(1, 2)  # (M, C*T, H, W)
    shown = F.grid_sample(planes, grid, padding_mode='border', align_corners=False)
    return shown.view_as(clips)
