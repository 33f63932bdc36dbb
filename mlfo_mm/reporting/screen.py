"""The grids of a table on the terminal."""

from __future__ import annotations

import re
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from mlfo_mm.reporting.markdown import Grid
from mlfo_mm.reporting.specs import COSTS


def wide_console() -> Console:
    """Return the terminal, or 160 columns where the output is none."""
    console = Console()
    return console if console.is_terminal else Console(width=160)


def show(grid: Grid, console: Console) -> None:
    """Print the measured rows of a grid that has some, and name the others in one line."""
    pairs = list(zip(grid.rows, grid.measured, strict=True))
    shown = [row for row, measured in pairs if measured]
    screen = screen_table(grid, shown, range(len(grid.header)))
    unlimited = console.options.update(max_width=1000)
    if console.measure(screen, options=unlimited).maximum > console.width:
        beside = [metric.label for metric in COSTS] if grid.title != 'Costs' else []
        own = [
            index
            for index, name in enumerate(grid.header)
            if not name.startswith('Paper') and name not in beside
        ]
        screen = screen_table(grid, shown, own)
    console.print(screen)
    hidden = [row[0] for row, measured in pairs if not measured]
    if hidden:
        seen = {row[0] for row in shown}
        names = [f'more of {name}' if name in seen else name for name in dict.fromkeys(hidden)]
        console.print(f'{len(hidden)} rows not measured: {", ".join(names)}', highlight=False)
    for note in grid.notes:
        console.print(Text(f'- {note}'))
    console.print()


def screen_table(grid: Grid, rows: Sequence[tuple[str, ...]], columns: Sequence[int]) -> Table:
    """Lay out some columns of some rows for the terminal."""
    screen = Table(title=grid.title, title_justify='left')
    for column in columns:
        screen.add_column(grid.header[column], justify='left' if column < 3 else 'right')
    for row in rows:
        screen.add_row(*(styled(row[column]) for column in columns))
    return screen


def styled(cell: str) -> Text:
    """Turn the marks of Markdown into those of a terminal."""
    style = 'bold' if '**' in cell else 'underline' if '<ins>' in cell else ''
    return Text(re.sub(r'\*\*|</?ins>', '', cell), style=style)
