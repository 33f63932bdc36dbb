"""S3D and S3D-G (Xie et al., ECCV 2018, arXiv 1712.04851) from torchvision's blocks, in three levels."""

from __future__ import annotations

from functools import partial

from mmaction.registry import MODELS
from mmengine.model import BaseModule
from torch import Tensor, nn

from mlfo_mm import installation

# output widths of the branches of each block: b0, b1 (middle, out), b2 (middle, out), b3
LOW = ((64, 96, 128, 16, 32, 32), (128, 128, 192, 32, 96, 64))
MID = (
    (192, 96, 208, 16, 48, 64),
    (160, 112, 224, 24, 64, 64),
    (128, 128, 256, 24, 64, 64),
    (112, 144, 288, 32, 64, 64),
    (256, 160, 320, 32, 128, 128),
)
HIGH = ((256, 160, 320, 32, 128, 128), (384, 192, 384, 48, 128, 128))


class SelfGate(nn.Module):
    """Each channel times a gate, the sigmoid of a linear map of all channels' means."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.fc = nn.Linear(channels, channels)

    def forward(self, features: Tensor) -> Tensor:
        """Features (M, C, T, H, W) to gated ones of the same shape."""
        gates = self.fc(features.mean((2, 3, 4))).sigmoid()  # (M, C)
        return features * gates[:, :, None, None, None]


@MODELS.register_module()
class S3D(BaseModule):
    """Stem and nine separable inception blocks; a level ends before each pooling of time.

    Clips (M, 3, 16, 112, 112) give low (M, 480, 8, 14, 14), mid (M, 832, 4, 7, 7) and high
    (M, 1024, 2, 3, 3): the time lengths of R3D-18. The layers and their names in ``features`` are
    those of torchvision's ``S3D``, whose weights therefore fit at the full width.

    Two departures from torchvision. Batch norm forgets at 0.1 a step, not 0.001, at which the
    statistics of a short training would still be those of the initialisation; and convolutions are
    initialised as MMAction2 does, by He's rule.

    Args:
        base_channels: Width of the stem; every other width grows with it. 64 is S3D.
        conv1_stride_t: Temporal stride of the stem: 2, or 1 for clips of 8 frames.
        self_gating: S3D-G: a gate at the end of each branch and of the stem, where the authors'
            release has them.
    """

    def __init__(
        self, base_channels: int = 64, conv1_stride_t: int = 2, self_gating: bool = False
    ) -> None:
        blocks, ops = installation.torchvision('models.video.s3d'), installation.torchvision('ops')
        convs = dict(type='Kaiming', layer='Conv3d')
        super().__init__(init_cfg=[convs, dict(type='TruncNormal', layer='Linear', std=0.01)])
        norm = partial(nn.BatchNorm3d, eps=0.001, momentum=0.1)

        def scaled(width: int) -> int:
            return max(width * base_channels // 64, 1)

        def inception(channels: int, stage: tuple[tuple[int, ...], ...]) -> int:
            for block in stage:
                widths = [scaled(width) for width in block]
                layers.append(blocks.SepInceptionBlock3D(channels, *widths, norm))
                ends = widths[0], widths[2], widths[4], widths[5]
                for index, width in enumerate(ends if self_gating else ()):
                    getattr(layers[-1], f'branch{index}').append(SelfGate(width))
                channels = sum(ends)
            self.ends.append(len(layers) - 1)
            return channels

        stem, second = base_channels, scaled(192)
        stem_conv = blocks.TemporalSeparableConv(3, stem, 7, 2, 3, norm)
        stem_conv[1][0].stride = (conv1_stride_t, 1, 1)  # torchvision strides time as space
        layers = [
            stem_conv,
            nn.MaxPool3d((1, 3, 3), (1, 2, 2), (0, 1, 1)),
            ops.Conv3dNormActivation(stem, stem, kernel_size=1, norm_layer=norm),
            blocks.TemporalSeparableConv(stem, second, 3, 1, 1, norm),
            nn.MaxPool3d((1, 3, 3), (1, 2, 2), (0, 1, 1)),
        ]
        if self_gating:
            layers[3].append(SelfGate(second))
        self.ends: list[int] = []
        channels = inception(second, LOW)
        layers.append(nn.MaxPool3d(3, 2, 1))
        channels = inception(channels, MID)
        layers.append(nn.MaxPool3d(2, 2))
        inception(channels, HIGH)
        self.features = nn.Sequential(*layers)

    def forward(self, clips: Tensor) -> tuple[Tensor, ...]:
        """Clips (M, 3, T, H, W) to low, mid and high level."""
        x, levels = clips, []
        for index, layer in enumerate(self.features):
            x = layer(x)
            if index in self.ends:
                levels.append(x)
        return tuple(levels)
