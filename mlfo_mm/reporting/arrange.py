"""Methods side by side, sorted by a column; many of them grouped by kind, and nothing said twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from mlfo_mm.errors import UserError, did_you_mean
from mlfo_mm.reporting.grid import (
    EMPTY,
    Column,
    Cost,
    Grid,
    GridCell,
    GridRow,
    Measured,
    Number,
    Text,
)
from mlfo_mm.reporting.labels import dataset_name
from mlfo_mm.reporting.specs import Row
from mlfo_mm.study.methods import GROUPS, method_group
from mlfo_mm.study.tasks import UNTRAINED

FEW = 6  # rows that are read without groups
FIRST, LAST = 'Without pretraining', 'Others'
ORDER = (FIRST, *GROUPS.values(), LAST)
NOTHING = dataset_name('none')  # what untrained weights were pretrained on
Ranks = dict[tuple[object, ...], tuple[bool, float]]
RISING = ('params_m', 'gflops', 'peak_memory_mb', 'wall_time_s')  # costs: the least comes first


def arranged(
    grids: Sequence[Grid],
    rows: Sequence[Sequence[Row | None]],
    sort: str = '',
    grouped: bool = True,
) -> list[Grid]:
    """Return grids on the same methods, made to be read.

    Args:
        grids: One a data set, and that of the costs.
        rows: For each grid whose row it is, None for that of chance.
        sort: Heading of a column, in any case, by which rows are sorted within their group; a grid
            that has no such column has the order of the first that has it.
        grouped: Whether kinds of methods stand together under their names, where there are many.

    Raises:
        UserError: No grid has the column.
    """
    places = [_place(grid.columns, sort) for grid in grids]
    if sort and all(place is None for place in places):
        known = dict.fromkeys(c.heading for grid in grids for c in grid.columns if c.metric)
        near = did_you_mean(sort, known)
        raise UserError(f'no column {sort!r} to sort by{near}: there are {", ".join(known)}')
    ranks = [
        {} if place is None else _ranks(grid, of, place)
        for grid, of, place in zip(grids, rows, places, strict=True)
    ]
    told = next((rank for rank in ranks if rank), {})
    return [
        _arranged(grid, of, rank or told, grouped)
        for grid, of, rank in zip(grids, rows, ranks, strict=True)
    ]


def group_of(row: Row) -> str:
    """Return under which name a row stands."""
    if row.method in UNTRAINED:
        return FIRST
    return method_group(row.method, row.variant) or LAST


def _place(columns: Sequence[Column], sort: str) -> int | None:
    asked = sort.casefold()
    found = (place for place, c in enumerate(columns) if c.metric and c.heading.casefold() == asked)
    return next(found, None)


def _key(row: Row) -> tuple[object, ...]:
    return row.method, row.variant, row.backbone, row.pretrain, row.reference


def _ranks(grid: Grid, rows: Sequence[Row | None], place: int) -> Ranks:
    """Where each row stands by a column; what has no number comes last."""
    falling = grid.columns[place].metric not in RISING
    found: Ranks = {}
    for row, line in zip(rows, grid.rows, strict=True):
        value = value_of(line.cells[place])
        if row is not None:
            rank = (value is None, -value if falling and value is not None else value or 0.0)
            found[_key(row)] = min(rank, found.get(_key(row), rank))
    return found


def value_of(cell: GridCell) -> float | None:
    """Return the number by which a cell is sorted."""
    match cell:
        case Measured():
            return cell.cell.mean
        case Cost() | Number():
            return cell.value
    return None


def _arranged(
    grid: Grid,
    rows: Sequence[Row | None],
    ranks: Ranks,
    grouped: bool,
) -> Grid:
    lines = list(zip(rows, grid.rows, strict=True))
    found = [line for row, line in lines if row is None]
    known = [(row, line) for row, line in lines if row is not None]
    known.sort(key=lambda item: ranks.get(_key(item[0]), (True, 0.0)))
    groups = [group for group in ORDER if any(group_of(row) == group for row, _ in known)]
    many = len(known) > FEW
    if grouped and many and len(groups) > 1:
        for group in groups:
            title = Text(group, 'term')
            found.append(GridRow((title, *[EMPTY] * (len(grid.columns) - 1)), measured=False))
            found += [line for row, line in known if group_of(row) == group]
    else:
        found += [line for _, line in known]
    grid = replace(grid, rows=tuple(found))
    return without_common(grid) if many else grid


def without_common(grid: Grid) -> Grid:
    """Say in a note what every row has in common."""
    notes = []
    kept = list(range(len(grid.columns)))
    for place, column in enumerate(grid.columns):
        cells = [row.cells[place] for row in grid.rows]
        common = {cell.text for cell in cells if isinstance(cell, Text) and cell.text}
        common -= {NOTHING}
        if place and column.kind == 'label' and len(common) == 1:
            kept.remove(place)
            notes.append(f'{column.heading}: {common.pop()}.')
    shown = [cell.cell for row in grid.rows for cell in row.cells if isinstance(cell, Measured)]
    counts = Counter(len(cell.values) for cell in shown if len(cell.values) == cell.planned)
    usual = counts.most_common(1)[0][0] if counts else 0
    if usual and counts[usual] > 1:
        words = 'one seed' if usual == 1 else f'{usual} seeds'
        where = 'in every cell' if counts[usual] == len(shown) else 'where a cell names no other n'
        notes.append(f'Of {words} {where}.')
    rows = tuple(
        replace(row, cells=tuple(_cell(row.cells[place], usual) for place in kept))
        for row in grid.rows
    )
    columns = tuple(grid.columns[place] for place in kept)
    return replace(grid, columns=columns, rows=rows, notes=(*notes, *grid.notes))


def _cell(cell: GridCell, usual: int) -> GridCell:
    if isinstance(cell, Measured) and len(cell.cell.values) == cell.cell.planned == usual:
        return replace(cell, seeds=False)
    return cell
