"""The form of the terminal: measured rows in full, the others named in one line."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from mlfo_mm.reporting.grid import Grid, GridCell, GridRow
from mlfo_mm.reporting.labels import one_line
from mlfo_mm.reporting.render.words import words

STYLES = {'best': 'bold', 'strong': 'bold', 'second': 'underline', 'term': 'italic'}
SPARED = ('quoted', 'cost')  # kinds of columns that give way where the terminal is narrow


def wide_console() -> Console:
    """Return the terminal, or 160 columns where the output is none."""
    console = Console()
    return console if console.is_terminal else Console(width=160)


def show(grid: Grid, console: Console, *, everything: bool = False) -> None:
    """Print the measured rows of a grid that has some, or all rows."""
    shown = [row for row in grid.rows if row.measured or everything]
    screen = screen_table(grid, shown, range(len(grid.columns)))
    unlimited = console.options.update(max_width=1000)
    if console.measure(screen, options=unlimited).maximum > console.width:
        own = [i for i, column in enumerate(grid.columns) if column.kind not in SPARED]
        screen = screen_table(grid, shown, own)
    console.print(screen)
    hidden = [_name(row) for row in grid.rows if not (row.measured or everything)]
    if hidden:
        seen = {_name(row) for row in shown}
        names = [f'more of {name}' if name in seen else name for name in dict.fromkeys(hidden)]
        console.print(Text(f'{len(hidden)} rows not measured: {", ".join(names)}'))
    for note in grid.notes:
        console.print(Text(f'- {one_line(note)}'))
    console.print()


def _name(row: GridRow) -> str:
    return words(row.cells[0]).plain


def screen_table(grid: Grid, rows: Sequence[GridRow], columns: Sequence[int]) -> Table:
    """Lay out some columns of some rows for the terminal."""
    screen = Table(title=Text(one_line(grid.title)), title_justify='left')
    for index in columns:
        column = grid.columns[index]
        screen.add_column(
            Text(one_line(column.heading)),
            justify='left' if column.kind in ('label', 'text') else 'right',
            overflow='fold',  # a long word goes on in the next line, whole
        )
    for row in rows:
        screen.add_row(*(styled(row.cells[index]) for index in columns))
    return screen


def styled(cell: GridCell) -> Text:
    """Return a cell with the style that its emphasis has on a terminal."""
    found = words(cell)
    return Text(found.plain, style=STYLES.get(found.emphasis, ''))
