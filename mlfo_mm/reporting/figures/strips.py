"""Rows of frames side by side, with what is to be known about each above it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import shorten

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from mlfo_mm.reporting.figures.frames import NotHere, Tile
from mlfo_mm.reporting.figures.style import INK, MUTED, RULE

SIZE = 96  # pixels of a tile
FINE = 2  # times as many in what is printed
DPI = 110
LETTERS = 46  # that fit above a strip
TITLE, HEAD, ABOVE, BREAK = 0.45, 0.42, 0.32, 0.2  # inches: heads, text above a strip, groups
FRAMES = 4
GAP = 3


@dataclass(frozen=True)
class Strip:
    """Frames of one clip, or why there are none, under a line of text."""

    text: str
    tiles: tuple[Tile, ...] | NotHere
    colour: str = INK
    framed: bool = False


@dataclass(frozen=True)
class StripRow:
    """Strips side by side; None leaves a place empty. ``begins`` sets it off from the row above."""

    label: str
    strips: tuple[Strip | None, ...]
    begins: bool = False


def draw_rows(
    heads: Sequence[str],
    rows: Sequence[StripRow],
    frames: int = FRAMES,
    title: str = '',
    scale: tuple[str, str] | None = None,
) -> Figure:
    """Draw rows under the heads of their columns, one pixel of a tile to one of the figure.

    A tile has ``SIZE`` pixels a side, or a multiple of that.

    Args:
        heads: Of the columns.
        rows: Their strips.
        frames: Tiles of a strip.
        title: Of the whole.
        scale: A map of colours, and what its bright end means.
    """
    left = 1.0 if any(row.label for row in rows) else 0.1
    width_px = frames * SIZE + (frames - 1) * GAP
    wide, high = width_px / DPI, SIZE / DPI
    width = left + len(heads) * (wide + 0.2)
    above = TITLE if title else 0.0
    total = above + HEAD + 0.1
    total += sum(high + ABOVE + (BREAK if row.begins else 0) for row in rows)
    figure = Figure(figsize=(width, total), dpi=DPI * _finer(rows))
    figure.set_layout_engine('none')
    y = 1 - TITLE / 2 / total
    figure.text(0.1 / width, y, title, weight='bold', va='center', fontsize=14)
    if scale is not None:
        _draw_scale(figure, *scale)
    lefts = [left + column * (wide + 0.2) for column in range(len(heads))]
    for x, head in zip(lefts, heads, strict=True):
        y = 1 - (above + HEAD / 2) / total
        figure.text(x / width, y, head, weight='bold', va='center', fontsize=12)
    top = total - above - HEAD
    for row in rows:
        if row.begins:
            y = (top - BREAK / 2) / total
            rule = Rectangle((0.1 / width, y), 1 - 0.2 / width, 0, ec=RULE, lw=0.8)
            figure.add_artist(rule)
            top -= BREAK
        bottom = top - high - ABOVE
        figure.text(0.1 / width, (bottom + high / 2) / total, row.label, va='center', fontsize=10)
        for x, strip in zip(lefts, row.strips, strict=True):
            if strip is not None:
                place = (x / width, bottom / total, wide / width, high / total)
                _draw_strip(figure.add_axes(place), strip, width_px)
        top = bottom
    return figure


def _finer(rows: Sequence[StripRow]) -> int:
    found = (each.tiles for row in rows for each in row.strips if each is not None)
    tile = next((tiles[0] for tiles in found if not isinstance(tiles, NotHere)), None)
    return 1 if tile is None else tile.shape[0] // SIZE


def _draw_scale(figure: Figure, colours: str, meaning: str) -> None:
    width, total = figure.get_size_inches()
    place = (1 - 1.3 / width, 1 - (TITLE + 0.16) / 2 / total, 1.2 / width, 0.16 / total)
    axis = figure.add_axes(place)
    axis.imshow(np.linspace(0, 1, 64)[None], aspect='auto', cmap=colours)
    axis.set_axis_off()
    x, y = 1 - 1.4 / width, 1 - TITLE / 2 / total
    figure.text(x, y, meaning, ha='right', va='center', fontsize=10, color=MUTED)


def _draw_strip(axis: Axes, strip: Strip, width: int) -> None:
    axis.set_xticks([])
    axis.set_yticks([])
    axis.grid(False)
    axis.spines[:].set_visible(strip.framed)
    axis.spines[:].set(color=strip.colour, linewidth=2)
    text = shorten(strip.text, max(LETTERS * width // (FRAMES * SIZE), 12), placeholder='…')
    axis.set_title(text, fontsize=10, weight='normal', color=strip.colour, pad=4)
    if isinstance(strip.tiles, NotHere):
        axis.set_facecolor('#f6f8fa')
        axis.text(0.5, 0.5, str(strip.tiles), ha='center', va='center', fontsize=10, color=MUTED)
        return
    side = strip.tiles[0].shape[0]
    gap = np.full((side, GAP * side // SIZE, 3), 255, np.uint8)
    parts = [part for tile in strip.tiles for part in (gap, tile)][1:]
    picture = np.concatenate(parts, axis=1)
    across = picture.shape[1] * SIZE / side
    axis.imshow(picture, aspect='auto', extent=(0, across, 0, SIZE))
    axis.set_xlim(0, max(width, across))
