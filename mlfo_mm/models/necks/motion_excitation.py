"""Motion excitation (Li et al., TEA, CVPR 2020), as MLFO uses it on low and mid levels."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from mmaction.registry import MODELS
from torch import Tensor, nn


@MODELS.register_module()
class MotionExcitation(nn.Module):
    """Gate channels by the change between neighbouring steps of a feature map.

    ``x + x * (sigmoid(expand(pool(conv(squeeze(x)[t+1]) - squeeze(x)[t]))) - 0.5)``; the last step
    has no successor, its difference is zero.

    Args:
        in_channels: Channels C of the input.
        reduction: The differences are taken on C / reduction channels (at least 1).
    """

    def __init__(self, in_channels: int, reduction: int = 16) -> None:
        super().__init__()
        width = max(in_channels // reduction, 1)
        self.squeeze = nn.Sequential(
            nn.Conv2d(in_channels, width, 1, bias=False), nn.BatchNorm2d(width)
        )
        self.shift = nn.Conv2d(width, width, 3, padding=1, groups=width, bias=False)
        self.expand = nn.Sequential(
            nn.Conv2d(width, in_channels, 1, bias=False), nn.BatchNorm2d(in_channels)
        )

    def forward(self, x: Tensor) -> Tensor:
        """Excite a feature map (M, C, T', H', W'); the shape stays."""
        m, c, t, h, w = x.shape
        frames = x.transpose(1, 2).reshape(m * t, c, h, w)
        squeezed = self.squeeze(frames)
        moved = self.shift(squeezed)
        squeezed = squeezed.view(m, t, -1, h, w)
        moved = moved.view(m, t, -1, h, w)
        change = (moved[:, 1:] - squeezed[:, :-1]).mean((3, 4), keepdim=True)  # (M, T'-1, c, 1, 1)
        change = F.pad(change, (0, 0, 0, 0, 0, 0, 0, 1))  # the last step: zeros
        gate = torch.sigmoid(self.expand(change.flatten(0, 1))) - 0.5  # (M*T', C, 1, 1)
        gate = gate.view(m, t, c, 1, 1).transpose(1, 2)
        return x + x * gate
