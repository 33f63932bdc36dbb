"""Bars in panels side by side: their order, their axes, and what the signs mean."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import fill

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from mlfo_mm.reporting.aggregate import Cell
from mlfo_mm.reporting.figures.style import BLUE, GREY, HEADING, INK, MUTED, PAPER, SKY

DASHED = (0, (3, 2))
NARROWEST = 6.0  # inches: room for title and legend
MANY = 24  # rows that get narrower, to fit a page


@dataclass(frozen=True)
class Bar:
    """One row of one panel of the plot; ``cell`` for a measured accuracy."""

    value: float
    cell: Cell | None = None


@dataclass(frozen=True)
class BarPanel:
    """One panel of the plot: a data set, measured or quoted, or a cost, with the bars by row."""

    head: tuple[str, ...]  # its lines
    bars: dict[int, Bar]
    chance: float | None = None
    quoted: bool = False
    unit: str = '%'
    digits: int = 1

    def interval(self, bar: Bar) -> tuple[float, float] | None:
        """From where to where a bar's interval goes; one in percent ends at 0 and 100."""
        half = bar.cell.half_width if bar.cell else None
        if half is None:
            return None
        low, high = bar.value - half, bar.value + half
        return (max(low, 0.0), min(high, 100.0)) if self.unit else (low, high)

    def end(self, bar: Bar) -> float:
        """How far a bar reaches, with its interval and its seeds."""
        interval = self.interval(bar) or (bar.value,)
        return max(bar.value, *interval, *(bar.cell.values if bar.cell else ()))


def highest_first(rows: Sequence[Sequence[BarPanel]], count: int) -> list[int]:
    """Return the places of the rows, the highest first, by the panel that has most of them.

    What is not in it comes last, by its mean in the others.
    """
    found = [column for row in rows for column in row if not column.quoted and column.unit]
    found = found or [column for row in rows for column in row]
    leading = max(found, key=lambda column: len(column.bars))

    def rank(place: int) -> tuple[bool, float]:
        if place in leading.bars:
            return False, -leading.bars[place].value
        others = [column.bars[place].value for column in found if place in column.bars]
        return True, -sum(others) / max(len(others), 1)

    return sorted(range(count), key=rank)


def draw_bars(
    title: str, below: str, labels: Sequence[str], rows: Sequence[Sequence[BarPanel]]
) -> Figure:
    """Draw rows of panels over the same names; ``below`` is said of each axis in percent."""
    longest = max(map(len, labels))
    count = max(map(len, rows))
    heads = max(len(line) for row in rows for column in row for line in column.head)
    room = max(2.2 if count < 5 else 1.6, 0.085 * heads)
    width = max(0.6 + 0.075 * longest + room * count, NARROWEST)
    bar = 0.36 if len(labels) <= MANY else 0.2  # inches
    figure = Figure(figsize=(width, 0.75 + len(rows) * (0.9 + bar * len(labels))))
    figure.suptitle(fill(title, int(10 * width)), **HEADING)
    axes = figure.subplots(len(rows), count, sharey=True, squeeze=False)
    ends = _ends(rows)
    for line, row in zip(axes, rows, strict=True):
        for axis, column in zip(line, row, strict=False):
            _draw_column(axis, column, len(labels), ends[_scale(column)])
            axis.set_xlabel(below if column.unit else '')
        for axis in line[len(row) :]:
            axis.remove()
    axes[0][0].set_yticks(range(len(labels)), labels)
    axes[0][0].set_ylim(len(labels) - 0.45, -0.55)
    handles = _legend([column for row in rows for column in row])
    columns = min(len(handles), max(2, int(width / 1.9)))
    figure.legend(handles=handles, loc='outside lower center', ncols=columns)
    return figure


def _scale(column: BarPanel) -> tuple[str, ...]:
    """Panels of one scale share their axis: all that was measured in percent, all that is quoted."""
    return ('quoted' if column.quoted else 'measured',) if column.unit else column.head


def _ends(rows: Sequence[Sequence[BarPanel]]) -> dict[tuple[str, ...], float]:
    ends: dict[tuple[str, ...], float] = {}
    for column in (column for row in rows for column in row):
        top = max(map(column.end, column.bars.values()), default=0.0)
        ends[_scale(column)] = max(ends.get(_scale(column), 0.0), top, column.chance or 0.0)
    return ends


def _legend(columns: Sequence[BarPanel]) -> list[Artist]:
    """Explain the signs that occur."""
    cells = [bar.cell for column in columns for bar in column.bars.values() if bar.cell]
    handles: list[Artist] = []
    if any(not column.quoted for column in columns):
        handles.append(Patch(color=SKY, label='measured: mean over seeds'))
    if any(cell.half_width is not None for cell in cells):
        interval = Line2D([], [], color=INK, marker='|', lw=1.1, label='95 % interval (Student t)')
        handles.append(interval)
    if any(len(cell.values) > 1 for cell in cells):
        handles.append(Line2D([], [], color=BLUE, marker='.', ls='', label='one seed'))
    if any(column.chance is not None for column in columns):
        handles.append(Line2D([], [], color=MUTED, lw=1, ls=DASHED, label='chance'))
    if any(cell.suspect for cell in cells):
        handles.append(Line2D([], [], color=INK, marker='$†$', ls='', label='not above chance'))
    if any(column.quoted for column in columns):
        handles.append(Patch(color=GREY, label='printed in the paper'))
    return handles


def _draw_column(axis: Axes, column: BarPanel, count: int, end: float) -> None:
    for index in () if column.quoted else set(range(count)) - set(column.bars):
        axis.annotate(
            '—', (0, index), xytext=(4, 0), textcoords='offset points', va='center', color=MUTED
        )
    for index, bar in column.bars.items():
        interval = column.interval(bar)
        axis.barh(index, bar.value, height=0.62, color=GREY if column.quoted else SKY)
        if interval is not None:
            reach = [[bar.value - interval[0]], [interval[1] - bar.value]]
            axis.errorbar(bar.value, index, xerr=reach, color=INK, capsize=3, elinewidth=1.1)
        if bar.cell and len(bar.cell.values) > 1:
            values = bar.cell.values
            axis.plot(values, [index] * len(values), '.', color=BLUE, ms=4)
        axis.annotate(
            f'{bar.value:.{column.digits}f}{" †" if bar.cell and bar.cell.suspect else ""}',
            (column.end(bar), index),
            xytext=(4, 0),
            textcoords='offset points',
            va='center',
            fontsize=8,
            bbox=dict(boxstyle='square,pad=0.1', facecolor=PAPER, edgecolor='none'),
        )
    if column.chance is not None:
        axis.axvline(column.chance, color=MUTED, linewidth=1, linestyle=DASHED)
    axis.set_xlim(0, max(end * 1.22, 1))
    axis.xaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 5, 10]))
    axis.set_title('\n'.join(column.head), fontsize=9, color=MUTED if column.quoted else INK)
    axis.grid(visible=False, axis='y')
    axis.tick_params(axis='y', length=0)
