"""Turn the records of a profile into tables and claims, on disk and on the screen. Needs no torch."""

from __future__ import annotations

import argparse
import os
import re
from collections.abc import Sequence

os.environ['MLFO_MM_NO_REGISTER'] = '1'

from rich.console import Console
from rich.table import Table as ScreenTable
from rich.text import Text

from mlfo_mm.errors import cli
from mlfo_mm.reporting.markdown import LEGEND, Grid
from mlfo_mm.reporting.records import PROFILES
from mlfo_mm.reporting.specs import COSTS, TABLES
from mlfo_mm.reporting.tables import make_tables


def parse_args() -> argparse.Namespace:
    """Parse the command line."""
    names = [name.removeprefix('table') for name in TABLES]
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--profile', required=True, help=f'one of {", ".join(PROFILES)}')
    parser.add_argument('--results', default='results', help='folder of records and tables')
    parser.add_argument(
        '--tables', nargs='+', default=list(TABLES), metavar='N', help=f'of {" ".join(names)}'
    )
    return parser.parse_args()


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


def screen_table(
    grid: Grid, rows: Sequence[tuple[str, ...]], columns: Sequence[int]
) -> ScreenTable:
    """Lay out some columns of some rows for the terminal."""
    screen = ScreenTable(title=grid.title, title_justify='left')
    for column in columns:
        screen.add_column(grid.header[column], justify='left' if column < 3 else 'right')
    for row in rows:
        screen.add_row(*(styled(row[column]) for column in columns))
    return screen


def styled(cell: str) -> Text:
    """Turn the marks of Markdown into those of a terminal."""
    style = 'bold' if '**' in cell else 'underline' if '<ins>' in cell else ''
    return Text(re.sub(r'\*\*|</?ins>', '', cell), style=style)


@cli
def main() -> None:
    """Run the tool."""
    args = parse_args()
    tables = make_tables(args.profile, args.results, args.tables)
    console = Console()
    if not console.is_terminal:
        console = Console(width=160)
    empty = []
    for table in tables.values():
        measured = [grid for grid in table.grids if any(grid.measured)]
        if measured:
            console.rule(table.spec.title)
        for grid in measured:
            show(grid, console)
        without = [grid.title for grid in table.grids if not any(grid.measured)]
        empty += without if measured else [table.spec.title]
    if empty:
        console.print(Text(f'Nothing measured yet: {"; ".join(empty)}\n'))
    for note in LEGEND:
        console.print(Text(note))
    for path in tables:
        console.print(Text(f'{path} and {path.stem}.csv'))
    console.print(Text(f'{args.results}/claims.md and claims.csv: all profiles with records'))


if __name__ == '__main__':
    main()
