"""C3D (Tran et al., ICCV 2015, arXiv 1412.0767) without its classifier, in three levels."""

from __future__ import annotations

from functools import partial

from mmaction.registry import MODELS
from mmcv.cnn import ConvModule
from mmengine.model import BaseModule
from torch import Tensor, nn


@MODELS.register_module()
class C3DLevels(BaseModule):
    """Eight convolutions of 3 x 3 x 3; a level ends before each pooling of time but the first.

    Clips (M, 3, 16, 112, 112) give low (M, 256, 8, 28, 28), mid (M, 512, 4, 14, 14) and high
    (M, 512, 2, 7, 7). Convolutions and their names are those of MMAction2's ``C3D``, which has one
    width and one output, and two thirds of its weights in layers for clips of one size; batch norm
    follows each, as in the self-supervised methods that use C3D (VCOP, Pace).

    Args:
        base_channels: Width of the first convolution; every other width grows with it. 64 is C3D.
        pool2_stride_t: Temporal stride of the second pooling: 2, or 1 for clips of 8 frames.
    """

    def __init__(self, base_channels: int = 64, pool2_stride_t: int = 2) -> None:
        super().__init__(init_cfg=dict(type='Kaiming', layer='Conv3d'))
        widths = [base_channels * factor for factor in (1, 2, 4, 8)]
        conv = partial(
            ConvModule,
            kernel_size=3,
            padding=1,
            conv_cfg=dict(type='Conv3d'),
            norm_cfg=dict(type='BN3d'),
        )
        self.conv1a = conv(3, widths[0])
        self.pool1 = nn.MaxPool3d((1, 2, 2))
        self.conv2a = conv(widths[0], widths[1])
        self.pool2 = nn.MaxPool3d((pool2_stride_t, 2, 2))
        self.conv3a = conv(widths[1], widths[2])
        self.conv3b = conv(widths[2], widths[2])
        self.pool3 = nn.MaxPool3d(2)
        self.conv4a = conv(widths[2], widths[3])
        self.conv4b = conv(widths[3], widths[3])
        self.pool4 = nn.MaxPool3d(2)
        self.conv5a = conv(widths[3], widths[3])
        self.conv5b = conv(widths[3], widths[3])

    def forward(self, clips: Tensor) -> tuple[Tensor, ...]:
        """Clips (M, 3, T, H, W) to low, mid and high level."""
        levels = []
        for name, layer in self.named_children():
            clips = layer(clips)
            if name in ('conv3b', 'conv4b', 'conv5b'):
                levels.append(clips)
        return tuple(levels)
