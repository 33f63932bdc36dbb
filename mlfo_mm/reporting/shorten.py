"""Tables as they are read: rows and columns without a number are left out, and counted in a note.

The CSV of a table has every row, whatever its status.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from mlfo_mm.reporting.grid import Difference, Grid, GridCell, GridRow, Missing, Page, Quoted, Text
from mlfo_mm.reporting.render.words import words
from mlfo_mm.study.profiles import Profile


def shortened_page(page: Page, profile: Profile) -> Page:
    """Return a page whose grids are :func:`shortened`.

    What the paper prints is a number of a row at paper scale; in a small profile it stands on another
    scale, and a row that has nothing else is left out.
    """
    return replace(page, grids=tuple(shortened(grid, profile.paper) for grid in page.grids))


def shortened(grid: Grid, quoted: bool) -> Grid:
    """Return a grid without the rows and columns that hold no number; notes say which.

    A failed run stays, with its reason. ``quoted`` is whether the paper's number alone keeps a row.
    """
    rows: list[GridRow] = []
    absent: list[GridRow] = []
    for row in grid.rows:
        stays = row.measured or any(_failed(cell) for cell in row.cells)
        stays = stays or (quoted and any(map(_printed, row.cells)))
        (rows if stays else absent).append(row)
    places = [
        place
        for place in range(len(grid.columns))
        if not rows or any(_told(row.cells[place]) for row in rows)
    ]
    heads = [column.heading for i, column in enumerate(grid.columns) if i not in places]
    columns = tuple(grid.columns[place] for place in places)
    shown = tuple(replace(row, cells=tuple(row.cells[i] for i in places)) for row in rows)
    notes = (*_of_rows(grid, absent, {_name(row) for row in rows}), *_of_columns(heads))
    return replace(grid, columns=columns, rows=shown, notes=(*notes, *grid.notes))


def _failed(cell: GridCell) -> bool:
    return isinstance(cell, Missing) and cell.status == 'failed'


def _printed(cell: GridCell) -> bool:
    return isinstance(cell, Quoted) and any(value is not None for value in cell.values)


def _told(cell: GridCell) -> bool:
    """Whether a cell says more than that there is nothing."""
    match cell:
        case Missing():
            return _failed(cell)
        case Quoted() | Difference():
            return any(value is not None for value in cell.values)
        case Text():
            return bool(cell.text)
    return True


def _of_rows(grid: Grid, rows: Sequence[GridRow], shown: Collection[str]) -> list[str]:
    """Say how many rows are left out, and which for which reason.

    One whose name is shown is told from that by what the paper ran, or its backbone.
    """
    if not rows:
        return []
    reasons: dict[str, dict[str, None]] = {}
    for row in rows:
        lacking = (cell for cell in row.cells if isinstance(cell, Missing) and cell.status)
        why = next((cell.reason or cell.status for cell in lacking), 'not run')
        of_paper = (
            cell.text
            for column, cell in zip(grid.columns, row.cells, strict=True)
            if column.kind == 'quoted' and isinstance(cell, Text)
        )
        what = next(of_paper, words(row.cells[1]).plain)
        name = f'{_name(row)} ({what})' if _name(row) in shown else _name(row)
        reasons.setdefault(why, {})[name] = None
    told = '; '.join(f'{why}: {", ".join(names)}' for why, names in reasons.items())
    count = '1 row' if len(rows) == 1 else f'{len(rows)} rows'
    return [f'Left out, --all-rows has them: {count} without a number ({told}).']


def _name(row: GridRow) -> str:
    return words(row.cells[0]).plain.removesuffix(' *').removesuffix(', reference')


def _of_columns(heads: Sequence[str]) -> list[str]:
    if not heads:
        return []
    count = '1 column' if len(heads) == 1 else f'{len(heads)} columns'
    return [f'Left out: {count} without a number ({", ".join(heads)}).']
