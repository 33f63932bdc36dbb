"""From the features of a clip back to frames."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

import torch.nn.functional as F
from mmaction.registry import MODELS
from mmcv.cnn import ConvModule
from torch import Tensor, nn

_BLOCK = dict(kernel_size=3, padding=1, conv_cfg=dict(type='Conv3d'), norm_cfg=dict(type='BN3d'))


def conv_block(in_channels: int, out_channels: int, rectify: bool = True) -> ConvModule:
    """A 3D convolution of 3 x 3 x 3, batch norm, and ReLU."""
    act = dict(type='ReLU') if rectify else None
    return ConvModule(in_channels, out_channels, act_cfg=act, **_BLOCK)


@MODELS.register_module()
class VideoDecoder(nn.Module):
    """Four transposed convolutions that double a map's sides, a convolution behind each (PRP).

    A map whose sides are not the sixteenth part of the frames' is brought to that by interpolation:
    then backbones of any stride do.

    Args:
        in_channels: Channels of the map.
        channels: Channels behind the first convolution, which leaves the size, and the next three.
        time_strides: Of the four transposed convolutions, by which factor time grows.
        rectify: No value below 0: frames whose pixels are not normalised.
    """

    def __init__(
        self,
        in_channels: int,
        channels: Sequence[int] = (512, 256, 128, 64),
        time_strides: Sequence[int] = (2, 2, 2, 2),
        rectify: bool = True,
    ) -> None:
        super().__init__()
        if len(channels) != 4 or len(time_strides) != 4:
            raise ValueError(
                f'channels={channels}, time_strides={time_strides}: each has four values'
            )
        self.strides = [(stride, 2, 2) for stride in time_strides]
        self.first = conv_block(in_channels, channels[0])
        widths = [*channels, channels[-1]]
        self.up = nn.ModuleList(
            nn.ConvTranspose3d(width, width, stride, stride)
            for width, stride in zip(channels, self.strides, strict=True)
        )
        self.convs = nn.ModuleList(
            conv_block(before, after) for before, after in pairwise(channels)
        )
        self.last = conv_block(widths[-1], 3, rectify)

    def forward(self, features: Tensor, size: Sequence[int]) -> Tensor:
        """Features (N, C, T', H', W') to frames (N, 3, T, H, W) of a size (T, H, W)."""
        growth = [math.prod(axis) for axis in zip(*self.strides, strict=True)]
        start = tuple(math.ceil(n / by) for n, by in zip(size, growth, strict=True))
        x = self.first(features)
        if x.shape[2:] != start:
            x = F.interpolate(x, start, mode='trilinear', align_corners=False)
        for up, conv in zip(self.up, [*self.convs, self.last], strict=True):
            x = conv(up(x))
        frames, height, width = size
        return x[:, :, :frames, :height, :width]
