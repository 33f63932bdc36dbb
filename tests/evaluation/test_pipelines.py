"""The geometry of clips, as a pretraining config says it."""

from __future__ import annotations

import pytest
from mmengine.config import Config

from mlfo_mm.engine.config import load_config
from mlfo_mm.errors import UserError
from mlfo_mm.evaluation.pipelines import ClipGeometry

GEOMETRY = dict(clip_len=8, frame_interval=2, short_side=36, crop_size=32)


def test_geometry_of_a_config():
    assert ClipGeometry.from_config(Config(GEOMETRY)) == ClipGeometry(8, 2, 36, 32)
    shown = ClipGeometry.from_config(Config(GEOMETRY | dict(frame_difference=True)))
    assert shown.frame_difference


@pytest.mark.parametrize('key', GEOMETRY)
@pytest.mark.parametrize('value', [None, 0, '8', 1.5])
def test_geometry_that_cannot_be(key, value):
    with pytest.raises(UserError, match=f'evaluation needs {key}, a positive whole number'):
        ClipGeometry.from_config(Config(GEOMETRY | {key: value}))


def test_a_crop_that_is_larger_than_the_frame():
    with pytest.raises(UserError, match='crop_size=37 is larger than short_side=36'):
        load_config('mlfo/r3d18@smoke', {'crop_size': 37})
