"""Every backbone in small, for clips of 8 frames of 32 pixels, and as its file has it."""

from __future__ import annotations

from mmengine.config import ConfigDict

from mlfo_mm.engine.config import load_config
from mlfo_mm.study.paths import CONFIGS

# the stem of r3d18_tv is for torchvision's weights: a second R3D-18
NAMES = sorted(
    path.stem for path in (CONFIGS / 'backbones').glob('*.py') if path.stem != 'r3d18_tv'
)


def full(name: str) -> ConfigDict:
    """Config of a backbone at the published scale."""
    return load_config(f'mlfo/{name}@k400').model.backbone


def small(name: str) -> ConfigDict:
    """Config of a backbone at the smoke profile."""
    return load_config(f'mlfo/{name}@smoke').model.backbone
