"""Turn the records of a profile into tables, on disk and on the screen. Needs no torch."""

from __future__ import annotations

import argparse
import os
import re

os.environ['MLFO_MM_NO_REGISTER'] = '1'

from rich.console import Console
from rich.table import Table as ScreenTable
from rich.text import Text

from mlfo_mm.errors import cli
from mlfo_mm.reporting.markdown import Grid
from mlfo_mm.reporting.specs import PROFILES, TABLES
from mlfo_mm.reporting.tables import make_tables


def parse_args() -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--profile', required=True, help=f'one of {", ".join(PROFILES)}')
    parser.add_argument('--results', default='results', help='folder of records and tables')
    parser.add_argument(
        '--tables', nargs='+', default=list(TABLES), metavar='N', help='numbers, such as 1 4'
    )
    return parser.parse_args()


def show(grid: Grid, console: Console) -> None:
    """Print the measured rows of a grid, and name the others in one line."""
    screen = ScreenTable(title=grid.title, title_justify='left')
    for index, name in enumerate(grid.header):
        screen.add_column(name, justify='left' if index < 3 else 'right')
    for row, measured in zip(grid.rows, grid.measured, strict=True):
        if measured:
            screen.add_row(*map(styled, row))
    if any(grid.measured):
        console.print(screen)
    else:
        console.print(f'{grid.title}: nothing measured yet', highlight=False)
    hidden = [
        row[0] for row, measured in zip(grid.rows, grid.measured, strict=True) if not measured
    ]
    if hidden:
        names = ', '.join(dict.fromkeys(hidden))
        console.print(f'{len(hidden)} rows not measured: {names}', style='dim', highlight=False)
    for note in grid.notes:
        console.print(Text(f'- {note}'), highlight=False)
    console.print()


def styled(cell: str) -> Text:
    """Turn the marks of Markdown into those of a terminal."""
    style = 'bold' if '**' in cell else 'underline' if '<u>' in cell else ''
    return Text(re.sub(r'\*\*|</?u>', '', cell), style=style)


@cli
def main() -> None:
    """Run the tool."""
    args = parse_args()
    tables = make_tables(args.profile, args.results, args.tables)
    console = Console()
    if not console.is_terminal:
        console = Console(width=200)
    for table in tables.values():
        console.rule(table.spec.title)
        for grid in table.grids:
            show(grid, console)
    for path in tables:
        console.print(Text(f'{path} and {path.stem}.csv'))


if __name__ == '__main__':
    main()
