"""SlowFast (Feichtenhofer et al., ICCV 2019, arXiv 1812.03982) on MMAction2's, in three levels."""

from __future__ import annotations

import torch
from mmaction.models import ResNet3dSlowFast
from mmaction.registry import MODELS
from torch import Tensor


@MODELS.register_module()
class SlowFast(ResNet3dSlowFast):
    """Both pathways of SlowFast, fused to one map at the end of their second to fourth stage.

    The rule of fusion: the fast pathway's features are averaged over the ``speed_ratio`` steps that
    belong to one slow step and stand beside the slow pathway's on the channel axis. Averaged over
    space and time, the high level is what SlowFast's own classifier reads. The other way, slow
    features repeated to the fast length, would leave differences of zero between most steps and
    betray shuffled steps by the repeats.

    A level has T / ``resample_rate`` steps, as no stage of SlowFast strides time. By default clips
    (M, 3, 16, 112, 112) give low (M, 576, 4, 14, 14), mid (M, 1152, 4, 7, 7) and high
    (M, 2304, 4, 4, 4). The network is that of SlowFast-R50 8x8, with 4 slow frames for its 8.

    Args:
        depth: Depth of both ResNets.
        base_channels: Width of the slow pathway's stem; 64 is SlowFast.
        resample_rate: Frames of a clip per slow frame, tau.
        speed_ratio: Fast frames per slow frame, alpha.
        channel_ratio: Width of the slow pathway over that of the fast one, 1 / beta.
        fusion_kernel: Temporal size of the lateral convolutions.
    """

    def __init__(
        self,
        depth: int = 50,
        base_channels: int = 64,
        resample_rate: int = 4,
        speed_ratio: int = 4,
        channel_ratio: int = 8,
        fusion_kernel: int = 7,
    ) -> None:
        if resample_rate % speed_ratio or base_channels % channel_ratio:
            raise ValueError(
                'resample_rate must be a multiple of speed_ratio and base_channels of channel_ratio: '
                f'got {resample_rate}, {speed_ratio} and {base_channels}, {channel_ratio}'
            )
        pathway = dict(
            type='resnet3d', depth=depth, pretrained=None, conv1_stride_t=1, pool1_stride_t=1
        )
        super().__init__(
            resample_rate=resample_rate,
            speed_ratio=speed_ratio,
            channel_ratio=channel_ratio,
            slow_pathway=dict(
                pathway,
                base_channels=base_channels,
                lateral=True,
                fusion_kernel=fusion_kernel,
                conv1_kernel=(1, 7, 7),
                inflate=(0, 0, 1, 1),
            ),
            fast_pathway=dict(
                pathway,
                base_channels=base_channels // channel_ratio,
                lateral=False,
                conv1_kernel=(5, 7, 7),
            ),
        )

    def forward(self, clips: Tensor) -> tuple[Tensor, ...]:
        """Clips (M, 3, T, H, W) to low, mid and high level.

        Raises:
            ValueError: T is no multiple of ``resample_rate``.
        """
        if clips.shape[2] % self.resample_rate:
            raise ValueError(
                f'SlowFast takes one slow frame of {self.resample_rate}: '
                f'{clips.shape[2]} frames are no multiple of it, change clip_len or resample_rate'
            )
        slow_path, fast_path = self.slow_path, self.fast_path
        slow = slow_path.maxpool(slow_path.conv1(clips[:, :, :: self.resample_rate]))
        fast_rate = self.resample_rate // self.speed_ratio
        fast = fast_path.maxpool(fast_path.conv1(clips[:, :, ::fast_rate]))
        levels = []
        laterals = ['conv1_lateral', *slow_path.lateral_connections]
        for lateral, stage in zip(laterals, slow_path.res_layers, strict=True):
            slow = torch.cat([slow, getattr(slow_path, lateral)(fast)], 1)
            slow = getattr(slow_path, stage)(slow)
            fast = getattr(fast_path, stage)(fast)
            levels.append(self._fuse(slow, fast))
        return tuple(levels[1:])

    def _fuse(self, slow: Tensor, fast: Tensor) -> Tensor:
        steps = fast.unflatten(2, (-1, self.speed_ratio)).mean(3)  # (M, C/8, T/tau, H', W')
        return torch.cat([slow, steps], 1)
