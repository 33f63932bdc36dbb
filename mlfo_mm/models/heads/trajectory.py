"""Where a patch is in each frame, asked by its place in the first (CtP, arXiv 2105.02545)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from mmaction.registry import MODELS
from mmengine.model import BaseModule
from torch import Tensor, nn

from mlfo_mm.installation import torchvision

STEPS = 2  # of the maps in time, as R3D-18 leaves them of 16 frames


@MODELS.register_module()
class TrajectoryHead(BaseModule):
    """The features in the first frame's box give the boxes of all frames.

    Maps of some levels, brought to two steps in time, lose the time by one convolution; what lies in
    the box is cut out of each of them (RoIAlign) and goes through two linear layers.

    Args:
        in_channels: Channels of the levels.
        clip_len: Frames T of a clip.
        hidden_channels: Of the convolutions and of the layer between.
        roi_size: Side of what is cut out.
        init_std: Standard deviation of the linear layers' weights at the start.
        init_cfg: Initialisation, as in mmengine.
    """

    def __init__(
        self,
        in_channels: Sequence[int],
        clip_len: int,
        hidden_channels: int = 512,
        roi_size: int = 5,
        init_std: float = 0.001,
        init_cfg: dict | list | None = None,
    ) -> None:
        super().__init__(init_cfg=init_cfg)
        if roi_size < 1:
            raise ValueError(f'roi_size must be at least 1, got {roi_size}')
        self.clip_len = clip_len
        self.roi_size = roi_size
        self.squeeze = nn.ModuleList(
            nn.Conv3d(channels, hidden_channels, (STEPS, 1, 1)) for channels in in_channels
        )
        self.hidden = nn.Linear(len(in_channels) * hidden_channels * roi_size**2, hidden_channels)
        self.boxes = nn.Linear(hidden_channels, 4 * clip_len)
        for conv in self.squeeze:
            nn.init.kaiming_normal_(conv.weight, mode='fan_out', nonlinearity='relu')
            nn.init.zeros_(conv.bias)
        for linear in (self.hidden, self.boxes):
            nn.init.normal_(linear.weight, std=init_std)
            nn.init.zeros_(linear.bias)

    def forward(self, levels: Sequence[Tensor], first: Tensor) -> Tensor:
        """Changes (M, P, T, 4) of boxes, in the unit of :func:`trajectory_targets`.

        Args:
            levels: Of M clips, (M, C, T', H', W') each.
            first: Boxes in the first frame (M, P, 4), corners as shares of the frame's side.
        """
        found = []
        for level, squeeze in zip(levels, self.squeeze, strict=True):
            maps = F.adaptive_avg_pool3d(level, (STEPS, *level.shape[3:]))
            maps = squeeze(maps).squeeze(2).relu()  # (M, D, H', W')
            sides = (maps.shape[3], maps.shape[2]) * 2  # W', H', W', H'
            scaled = [edge * side for edge, side in zip(first.unbind(-1), sides, strict=True)]
            rois = list(torch.stack(scaled, -1).to(maps).unbind(0))
            found.append(
                torchvision('ops').roi_align(
                    maps, rois, self.roi_size, sampling_ratio=2, aligned=True
                )
            )  # (M*P, D, 5, 5)
        hidden = self.hidden(torch.cat(found, 1).flatten(1)).relu()
        return self.boxes(hidden).view(*first.shape[:2], self.clip_len, 4)
