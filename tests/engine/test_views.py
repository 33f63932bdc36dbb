"""What the network sees: as the loader and the preprocessor make it, and as pictures again."""

from __future__ import annotations

import numpy as np

from mlfo_mm.engine.config import load_config
from mlfo_mm.engine.views import views_of


def test_views_with_their_answers(digits):
    found = views_of(load_config('pace/r3d18@smoke'), 3)
    assert [each.video for each in found] == sorted(each.video for each in found)
    shapes = {(each.pictures.shape, each.pictures.dtype.name) for each in found}
    assert shapes == {((2, 8, 32, 32, 3), 'uint8')}
    assert all(len(each.answers) == 2 and each.answers[0].isdigit() for each in found)
    again = views_of(load_config('pace/r3d18@smoke'), 3)
    assert all((a.pictures == b.pictures).all() for a, b in zip(found, again, strict=True))
    assert len(views_of(load_config('pace/r3d18@smoke'), 99)) == 16


def test_where_views_are_augmented_makes_no_difference(digits):
    here = views_of(load_config('simclr/r3d18@smoke'), 2)
    there = views_of(load_config('simclr/r3d18@smoke+device_augmentation'), 2)
    later = views_of(load_config('simclr/r3d18@smoke'), 2, epoch=1)
    for one, same, other in zip(here, there, later, strict=True):
        assert one.answers == () and one.label.strip()
        assert np.abs(one.pictures.astype(int) - same.pictures).mean() < 2
        assert np.abs(one.pictures.astype(int) - other.pictures).mean() > 2
