"""What a report begins with: the first table that holds a number, in short, and its bars."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from mlfo_mm.reporting.aggregate import fill_block
from mlfo_mm.reporting.arrange import value_of, without_common
from mlfo_mm.reporting.figures.bars import bar_plot
from mlfo_mm.reporting.figures.style import Plot
from mlfo_mm.reporting.grid import CHANCE, Grid, GridCell, GridRow, Text
from mlfo_mm.reporting.panel_grids import RUN_OF_PAPER, panel_grids
from mlfo_mm.reporting.shorten import shortened
from mlfo_mm.reporting.specs import Row, TableSpec
from mlfo_mm.study.profiles import Profile
from mlfo_mm.study.records import Record


@dataclass(frozen=True)
class Headline:
    """A grid of the measured rows, the highest first, and its bars; ``anchor`` is its table."""

    title: str
    anchor: str
    grid: Grid
    plot: Plot


def headline(
    specs: Sequence[TableSpec],
    records: Sequence[Record],
    papers: Mapping[str, Sequence[Row]],
    profile: Profile,
) -> Headline | None:
    """Return the headline of a report, None where nothing is measured."""
    for spec in specs:
        for block in spec.blocks:
            rows = [*spec.baselines, *papers.get(spec.name, ())]
            panel = fill_block(block, rows, records, profile)
            plot = bar_plot(spec, panel, profile, '', quoted=False)
            if plot.drawn:
                grid = in_short(panel_grids(panel, profile)[0], profile)
                return Headline(plot.title, spec.name, grid, plot)
    return None


def in_short(grid: Grid, profile: Profile) -> Grid:
    """Return a grid without costs and notes, sorted by its first measured column."""
    grid = replace(shortened(grid, profile.paper), notes=())
    places = [
        place
        for place, column in enumerate(grid.columns)
        if column.kind != 'cost' and column.heading != RUN_OF_PAPER
    ]
    leading = next((p for p in places if grid.columns[p].kind == 'measured'), 0)

    def rank(row: GridRow) -> tuple[int, float]:
        first, value = row.cells[0], value_of(row.cells[leading])
        if isinstance(first, Text) and first.text == CHANCE:
            return 0, 0.0
        return (2, 0.0) if value is None else (1, -value)

    rows = tuple(
        replace(row, cells=tuple(_unmarked(row.cells[place]) for place in places))
        for row in sorted(grid.rows, key=rank)
    )
    columns = tuple(grid.columns[place] for place in places)
    return without_common(replace(grid, columns=columns, rows=rows))


def _unmarked(cell: GridCell) -> GridCell:
    """Return a name without the mark of rows beyond the paper's, which no legend explains here."""
    return replace(cell, text=cell.text.removesuffix(' *')) if isinstance(cell, Text) else cell
