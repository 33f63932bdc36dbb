"""Pipelines that the device cannot take over; what it does with the others is in test_augmenting."""

from __future__ import annotations

import pytest
from mmaction.datasets.transforms import CenterCrop, Flip, Resize

from mlfo_mm.datasets import DecodeFrames, OpenVideo, PerClip, PerFrameGray
from mlfo_mm.datasets.transforms.deferred import defer
from mlfo_mm.errors import UserError


def test_a_pipeline_without_views_is_refused():
    with pytest.raises(UserError, match="augment='device' needs a pipeline with PerClip"):
        defer([OpenVideo(), DecodeFrames(), CenterCrop(16)])


def test_colour_before_a_crop_is_refused():
    with pytest.raises(UserError, match='needs crop, resize and flip before colour in PerClip'):
        defer([PerClip([PerFrameGray(), CenterCrop(16)])])


@pytest.mark.parametrize('inside', [True, False])
def test_a_step_that_the_device_does_not_know_is_named(inside):
    def unknown(results):
        return results

    steps = [PerClip([unknown])] if inside else [PerClip([CenterCrop(16)]), unknown]
    with pytest.raises(UserError, match='cannot take over function: train this config without it'):
        defer(steps)


def test_what_comes_before_the_views_stays():
    first = OpenVideo()
    steps = defer([first, PerClip([Resize((8, 8), keep_ratio=False), Flip(), PerFrameGray()])])
    assert steps[0] is first and len(steps) == 2
