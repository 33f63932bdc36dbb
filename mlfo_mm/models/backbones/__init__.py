"""Backbones that MMAction2 lacks: clips to a tuple of three levels, low to high."""

from .c3d import C3DLevels
from .i3d import I3D
from .r2d3d import R2D3D
from .s3d import S3D
from .slowfast import SlowFast

__all__ = ['I3D', 'R2D3D', 'S3D', 'C3DLevels', 'SlowFast']
