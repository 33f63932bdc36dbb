"""R2D3D (Han et al., ICCV-W 2019, arXiv 1909.04656) on MMAction2's ResNet3d, in three levels."""

from __future__ import annotations

from mmaction.models import ResNet3d
from mmaction.registry import MODELS
from torch import nn


@MODELS.register_module()
class R2D3D(ResNet3d):
    """ResNet of two stages in space and two in space and time, the last as wide as the third.

    The backbone of DPC and MemDPC. The stem and two stages take frames one by one, so a level low
    has all of the clip's steps; the last block ends without ReLU, as both methods predict features
    of either sign. Blocks of 5 frames of 224 pixels give low (M, 128, 5, 28, 28), mid
    (M, 256, 3, 14, 14) and high (M, 256, 2, 7, 7).

    Args:
        depth: 18 or 34.
        base_channels: Width of the stem; every other width grows with it. 64 is R2D3D.
    """

    def __init__(self, depth: int = 34, base_channels: int = 64) -> None:
        super().__init__(
            depth=depth,
            base_channels=base_channels,
            pretrained=None,
            pretrained2d=False,
            num_stages=3,
            out_indices=(1, 2),
            spatial_strides=(1, 2, 2),
            temporal_strides=(1, 1, 2),
            dilations=(1, 1, 1),
            conv1_kernel=(1, 7, 7),
            with_pool2=False,
            inflate=(0, 0, 1),
            zero_init_residual=False,
        )
        self.layer4 = self.make_res_layer(
            self.block,
            self.inplanes,
            4 * base_channels,  # ResNet has twice that here
            self.arch_settings[depth][1][3],
            spatial_stride=2,
            temporal_stride=2,
            norm_cfg=self.norm_cfg,
            conv_cfg=self.conv_cfg,
            act_cfg=self.act_cfg,
        )
        self.res_layers.append('layer4')
        self.out_indices = (1, 2, 3)
        self.layer4[-1].relu = nn.Identity()
