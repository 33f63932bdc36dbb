"""Every backbone in small, for clips of 8 frames of 32 pixels."""

from __future__ import annotations

from mmengine.config import Config, ConfigDict

from mlfo_mm.engine.config import load_config
from tests.conftest import REPO

WITH_MLFO = ('r3d18', 's3d', 'slowfast')
RESNET = dict(base_channels=4, temporal_strides=(1, 1, 2, 2))
OTHERS = {
    'c3d': dict(base_channels=4, pool2_stride_t=1),
    'r2d3d34': dict(base_channels=4),
    'r2plus1d': RESNET,
    'r2plus1d18': RESNET,
    'r3d': RESNET,
    's3dg': dict(base_channels=4, conv1_stride_t=1),
}
NAMES = (*WITH_MLFO, *OTHERS)


def full(name: str) -> ConfigDict:
    """Config of one of the others as configs name it."""
    return Config.fromfile(REPO / f'configs/_base_/backbones/{name}.py')._backbone


def small(name: str) -> ConfigDict:
    """Config of a backbone at the width of the smoke profile."""
    if name in WITH_MLFO:
        return load_config(f'mlfo/{name}@smoke').model.backbone
    return ConfigDict(full(name), **OTHERS[name])
