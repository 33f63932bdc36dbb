"""Backbones that MMAction2 lacks: clips to a tuple of three levels, low to high."""

from .s3d import S3D
from .slowfast import SlowFast

__all__ = ['S3D', 'SlowFast']
