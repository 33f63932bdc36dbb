"""Sheets and moving pictures of clips."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

from mlfo_mm.reporting.figures.views import Row, animation, sheet


def row(views: int, length: int = 3) -> Row:
    clips = np.zeros((views, length, 4, 4, 3), np.uint8)
    clips[:, 1, ..., 0] = 255  # the second frame is red
    return Row('jump', ('answer 1', *[''] * (views - 1)), clips)


def red(image: Image.Image) -> int:
    pixels = np.asarray(image.convert('RGB')).astype(int)
    return int(((pixels[..., 0] > 200) & (pixels[..., 1] < 50)).sum())


def test_a_sheet_has_every_frame_of_each_view():
    image = Image.open(io.BytesIO(sheet([row(2), row(2)])))
    assert abs(red(image) - 4 * 96 * 96) < 0.1 * 4 * 96 * 96


def test_long_clips_of_many_views_are_shown_in_part():
    few, many = (Image.open(io.BytesIO(sheet([row(views, 16)]))) for views in (2, 4))
    assert few.width < 2 * 8 * 105 + 130 and many.width < 4 * 4 * 110 + 130


def test_a_clip_plays():
    image = Image.open(io.BytesIO(animation([row(1)])))
    shown = []
    for place in range(image.n_frames):
        image.seek(place)
        shown.append(red(image))
    assert image.n_frames == 3
    assert shown[0] == shown[2] == 0 and abs(shown[1] - 96 * 96) < 0.1 * 96 * 96
