"""The look that all figures share, and their bytes: the same figure gives the same file."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import matplotlib as mpl
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from mlfo_mm.reporting.aggregate import Cell
from mlfo_mm.reporting.render.csv import number

INK, MUTED, RULE, PAPER = '#24292f', '#6e7781', '#d8dee4', '#ffffff'
# Okabe and Ito's palette: told apart in all common forms of colour blindness
BLUE, ORANGE, GREEN, RED = '#0072b2', '#e69f00', '#009e73', '#d55e00'
PURPLE, SKY, GREY = '#cc79a7', '#56b4e9', '#8c959f'
SERIES = (BLUE, ORANGE, GREEN, PURPLE, RED, SKY, GREY)
MARKERS = 'osD^vPX'
SETTINGS: Any = {
    'axes.axisbelow': True,
    'axes.edgecolor': MUTED,
    'axes.grid': True,
    'axes.labelcolor': INK,
    'axes.labelsize': 9,
    'axes.spines.right': False,
    'axes.spines.top': False,
    'axes.titlecolor': INK,
    'axes.titlelocation': 'left',
    'axes.titlesize': 10,
    'axes.titleweight': 'bold',
    'figure.constrained_layout.use': True,
    'figure.dpi': 150,
    'figure.facecolor': PAPER,
    'font.family': ['DejaVu Sans'],
    'font.size': 9,
    'grid.color': RULE,
    'grid.linewidth': 0.8,
    'legend.fontsize': 8,
    'legend.frameon': False,
    'lines.linewidth': 1.8,
    'svg.fonttype': 'none',
    'text.color': INK,
    'text.parse_math': False,
    'xtick.color': MUTED,
    'xtick.labelcolor': INK,
    'ytick.color': MUTED,
    'ytick.labelcolor': INK,
}


@dataclass(frozen=True)
class Plot:
    """A figure in its files, or the reasons why there is none.

    Attributes:
        name: stem of its files.
        alt: what it shows, for those who do not see it.
        files: content by suffix (``svg``, ``png``, ``csv``); empty if there is nothing to show.
        missing: what is not in it, why, and the command that makes it.
    """

    name: str
    title: str
    caption: str
    alt: str = ''
    files: dict[str, bytes] = field(default_factory=dict)
    missing: tuple[str, ...] = ()


def render(
    draw: Callable[[], Figure], name: str, kinds: Sequence[str] = ('png', 'svg')
) -> dict[str, bytes]:
    """Draw with the shared settings, whatever the user's own are.

    Args:
        draw: makes the figure.
        name: of the files; the ids inside the SVG are drawn from it.
        kinds: ``png`` before ``svg``: writing an SVG leaves a figure at 72 dots per inch.
    """
    files = {}
    with mpl.rc_context():
        mpl.rcdefaults()
        mpl.rcParams.update(SETTINGS | {'svg.hashsalt': name})
        figure = draw()
        for kind in kinds:
            buffer = io.BytesIO()
            if kind == 'png':
                FigureCanvasAgg(figure).print_png(buffer, metadata={'Software': None})
            else:
                canvas = FigureCanvasSVG(figure)
                canvas.print_svg(buffer, metadata={'Date': None, 'Creator': None})
            files[kind] = buffer.getvalue()
    return files


def file_stem(*parts: str) -> str:
    """Return names joined to a safe stem of a file."""
    return '_'.join(re.sub(r'[^A-Za-z0-9.+-]+', '_', part) for part in parts)


def named_style(index: int) -> dict[str, Any]:
    """Colour and marker of the n-th series: two signs, so that colour alone never decides."""
    return dict(color=SERIES[index % len(SERIES)], marker=MARKERS[index % len(MARKERS)])


def csv_bytes(header: str, rows: Iterable[Sequence[object]]) -> bytes:
    """Return rows under a header of words as CSV."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator='\n')
    writer.writerow(header.split())
    writer.writerows(rows)
    return buffer.getvalue().encode()


def cell_fields(cell: Cell) -> tuple[str, str, int, str]:
    """Return mean, half width, n and the value of each seed, as the CSV files hold them."""
    mean = '' if cell.mean is None else number(cell.mean)
    width = '' if cell.half_width is None else number(cell.half_width)
    pairs = zip(cell.runs, cell.values, strict=True)
    seeds = ' '.join(f'{run.seed}:{number(value)}' for run, value in pairs)
    return mean, width, len(cell.values), seeds
