"""I3D (Carreira & Zisserman, CVPR 2017, arXiv 1705.07750): S3D with whole convolutions."""

from __future__ import annotations

from mmaction.registry import MODELS
from torch import nn

from mlfo_mm import installation

from .s3d import S3D


@MODELS.register_module()
class I3D(S3D):
    """Inception inflated: each pair of S3D's convolutions, of space and of time, is one of both.

    Widths, levels, names of blocks, batch norm and initialisation are those of :class:`S3D`. Padding
    is the same on both sides, where TensorFlow's release has less of it before a map than behind it.

    Args:
        base_channels: Width of the stem; every other width grows with it. 64 is I3D.
        conv1_stride_t: Temporal stride of the stem: 2, or 1 for clips of 8 frames.
    """

    def __init__(self, base_channels: int = 64, conv1_stride_t: int = 2) -> None:
        super().__init__(base_channels, conv1_stride_t)
        separable = installation.torchvision('models.video.s3d').TemporalSeparableConv
        for owner in list(self.modules()):
            for name, child in owner.named_children():
                if isinstance(child, separable):
                    setattr(owner, name, whole(child))


def whole(pair: nn.Sequential) -> nn.Sequential:
    """The convolution of space and time that a pair stands for, with batch norm and ReLU."""
    (space, *_), (time, norm, activation) = pair
    sizes = {
        key: (getattr(time, key)[0], *getattr(space, key)[1:])
        for key in ('kernel_size', 'stride', 'padding')
    }
    conv = nn.Conv3d(space.in_channels, time.out_channels, bias=False, **sizes)
    return nn.Sequential(conv, norm, activation)
