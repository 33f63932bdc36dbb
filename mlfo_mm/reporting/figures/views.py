"""Contact sheets and moving pictures of the clips that a network sees."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import fill

import numpy as np
from PIL import Image

from mlfo_mm.reporting.figures.frames import Tile, spread
from mlfo_mm.reporting.figures.strips import SIZE, Strip, StripRow, draw_rows
from mlfo_mm.reporting.figures.style import render

MOST, MANY = 8, 4  # frames of a clip in a sheet; where there are more than two clips
BESIDE = 12  # letters in a line beside a row
PAUSE = 160  # milliseconds


@dataclass(frozen=True)
class Row:
    """The clips (V, T, h, w, 3) of a video, what stands beside them, and above each."""

    label: str
    texts: tuple[str, ...]
    clips: np.ndarray


def sheet(rows: Sequence[Row]) -> bytes:
    """A PNG with a row for each video, a column for each of its clips, and frames in a column."""
    views, length = rows[0].clips.shape[:2]
    places = spread(tuple(range(length)), MOST if views <= 2 else MANY)
    return _draw(rows, places)


def animation(rows: Sequence[Row]) -> bytes:
    """A GIF: as :func:`sheet`, and every clip plays."""
    pictures = [
        Image.open(io.BytesIO(_draw(rows, [place]))).convert('RGB')
        for place in range(rows[0].clips.shape[1])
    ]
    first, *rest = [picture.quantize(dither=Image.Dither.NONE) for picture in pictures]
    buffer = io.BytesIO()
    first.save(buffer, 'GIF', save_all=True, append_images=rest, duration=PAUSE, loop=0)
    return buffer.getvalue()


def _draw(rows: Sequence[Row], places: Sequence[int]) -> bytes:
    heads = [f'View {number}' for number in range(1, len(rows[0].clips) + 1)]
    drawn = [
        StripRow(
            fill(row.label, BESIDE),
            tuple(
                Strip(text, tuple(_tile(clip[place]) for place in places))
                for text, clip in zip(row.texts, row.clips, strict=True)
            ),
        )
        for row in rows
    ]
    return render(lambda: draw_rows(heads, drawn, len(places)), 'views', ['png'])['png']


def _tile(picture: np.ndarray) -> Tile:
    """A picture in the size of a tile, its pixels as they are."""
    image = Image.fromarray(picture).resize((SIZE, SIZE), Image.Resampling.NEAREST)
    return np.asarray(image)
