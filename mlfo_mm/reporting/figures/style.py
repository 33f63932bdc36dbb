"""The look that all figures share, and their bytes: the same figure gives the same file."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Callable, Iterable, Iterator, MutableMapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import matplotlib as mpl
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_pdf import FigureCanvasPdf
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from mlfo_mm.reporting.aggregate import Cell
from mlfo_mm.reporting.grid import Value
from mlfo_mm.reporting.render.csv import csv_text, number

INK, MUTED, RULE, PAPER = '#24292f', '#6e7781', '#d8dee4', '#ffffff'
# Okabe and Ito's palette: told apart in all common forms of colour blindness
BLUE, ORANGE, GREEN, RED = '#0072b2', '#e69f00', '#009e73', '#d55e00'
PURPLE, SKY, GREY = '#cc79a7', '#56b4e9', '#8c959f'
HEADING: Any = dict(x=0.01, ha='left', fontsize=11, weight='bold')  # of a whole figure
DRAWN = ('png', 'svg', 'pdf')
PHOTOS = ('png', 'pdf')  # what holds frames of videos: an SVG would hold them as a PNG
CELL_FIELDS = 'mean half_width n by_seed'
SERIES = (BLUE, ORANGE, GREEN, PURPLE, RED, SKY, GREY)
MARKERS = 'osD^vPX'
# signs in names that no XML may hold, and those that turn the order of what follows
UNFIT = re.compile('[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\u200e\u200f\u202a-\u202e\u2066-\u2069]')
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
    'pdf.fonttype': 42,
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
        files: content by suffix (``svg``, ``png``, ``pdf``, ``csv``); empty if there is nothing to show.
        missing: what is not in it, why, and the command that makes it.
    """

    name: str
    title: str
    caption: str
    alt: str = ''
    files: MutableMapping[str, bytes] = field(default_factory=dict)
    missing: tuple[str, ...] = ()

    @property
    def drawn(self) -> bool:
        """Whether there is a picture, not numbers alone."""
        return any(kind in self.files for kind in DRAWN)


class Files(MutableMapping[str, bytes]):
    """Contents of the files of a figure by suffix; a picture is drawn when it is asked for.

    Args:
        draw: makes the figure.
        name: of the files; the ids inside the SVG are drawn from it.
        kinds: of ``png``, ``svg`` and ``pdf``.
    """

    def __init__(self, draw: Callable[[], Figure], name: str, kinds: Sequence[str]) -> None:
        self._draw, self._name = draw, name
        self._made: dict[str, bytes | None] = dict.fromkeys(kinds)
        self._figure: Figure | None = None

    def __getitem__(self, kind: str) -> bytes:
        made = self._made[kind]
        if made is None:
            made = self._made[kind] = self._picture(kind)
        return made

    def __setitem__(self, kind: str, data: bytes) -> None:
        self._made[kind] = data

    def __delitem__(self, kind: str) -> None:
        del self._made[kind]

    def __iter__(self) -> Iterator[str]:
        return iter(self._made)

    def __len__(self) -> int:
        return len(self._made)

    def _picture(self, kind: str) -> bytes:
        """Draw with the shared settings, whatever the user's own are, and without dates."""
        buffer = io.BytesIO()
        with mpl.rc_context(), warnings.catch_warnings():
            # a letter that the font lacks is drawn as a box, which says enough
            warnings.filterwarnings('ignore', 'Glyph .* missing from')
            mpl.rcdefaults()
            mpl.rcParams.update(SETTINGS | {'svg.hashsalt': self._name})
            figure = self._laid_out()
            dpi = figure.dpi
            if kind == 'png':
                FigureCanvasAgg(figure).print_png(buffer, metadata={'Software': None})
            elif kind == 'svg':
                canvas = FigureCanvasSVG(figure)
                canvas.print_svg(buffer, metadata={'Date': None, 'Creator': None})
            else:
                nothing = dict(CreationDate=None, Creator=None, Producer=None)
                FigureCanvasPdf(figure).print_pdf(buffer, metadata=nothing)
            figure.dpi = dpi  # an SVG or a PDF leaves it at 72
        data = buffer.getvalue()
        return UNFIT.sub('\ufffd', data.decode()).encode() if kind == 'svg' else data

    def _laid_out(self) -> Figure:
        """Draw once for all kinds: the layout takes longer than the writing."""
        if self._figure is None:
            self._figure = self._draw()
            self._figure.draw_without_rendering()
            self._figure.set_layout_engine('none')
        return self._figure


def render(draw: Callable[[], Figure], name: str, kinds: Sequence[str] = DRAWN) -> Files:
    """Return the files of a figure, see :class:`Files`."""
    return Files(draw, name, kinds)


def legend_name(name: str) -> str:
    """Return a name for a legend, which would leave out one that begins with an underscore."""
    return f' {name}' if name.startswith('_') else name


def file_stem(*parts: str) -> str:
    """Return names joined to a safe stem of a file."""
    return '_'.join(re.sub(r'[^A-Za-z0-9.+-]+', '_', part) for part in parts)


def named_style(index: int) -> dict[str, Any]:
    """Colour and marker of the n-th series: two signs, so that colour alone never decides."""
    return dict(color=SERIES[index % len(SERIES)], marker=MARKERS[index % len(MARKERS)])


def csv_bytes(header: str, rows: Iterable[Sequence[Value]]) -> bytes:
    """Return rows under a header of words as CSV."""
    names = header.split()
    return csv_text(names, (dict(zip(names, row, strict=True)) for row in rows)).encode()


def cell_fields(cell: Cell) -> tuple[Value, ...]:
    """Return mean, half width, n and the value of each seed, for the columns ``CELL_FIELDS``."""
    pairs = zip(cell.runs, cell.values, strict=True)
    by_seed = ' '.join(f'{run.seed}:{number(value)}' for run, value in pairs)
    return cell.mean, cell.half_width, len(cell.values), by_seed
