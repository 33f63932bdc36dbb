"""Turn the records of a profile into tables and claims, on disk and on the screen. Needs no torch."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from mlfo_mm.start import cli  # first: it says what is not installed

from mlfo_mm.arguments import Parser
from mlfo_mm.reporting.specs import TABLES
from mlfo_mm.study.profiles import PROFILES
from mlfo_mm.study.records import require_records

EXAMPLES = ('--profile demo', '--profile mini --tables 1 4 levels --with-reference')


def parse_args() -> argparse.Namespace:
    """Parse the command line."""
    names = [name.removeprefix('table') for name in TABLES]
    parser = Parser(__doc__, EXAMPLES)
    parser.add_argument('--profile', required=True, help=f'one of {", ".join(PROFILES)}')
    parser.add_argument('--results', default='results', help='folder of records and tables')
    parser.add_argument(
        '--tables', nargs='+', default=list(TABLES), metavar='N', help=f'of {" ".join(names)}'
    )
    parser.add_argument(
        '--with-reference', action='store_true', help='add the shipped results, marked as such'
    )
    parser.add_argument(
        '--all-rows', action='store_true', help='rows and columns without a number too'
    )
    return parser.parse_args()


@cli
def main() -> None:
    """Run the tool."""
    args = parse_args()
    from rich.text import Text  # these load scipy, which takes a second

    from mlfo_mm.reporting.panel_grids import LEGEND
    from mlfo_mm.reporting.render.screen import show, wide_console
    from mlfo_mm.reporting.tables import make_tables

    require_records(args.results, args.profile, args.with_reference)
    names = args.tables
    tables = make_tables(args.profile, args.results, names, args.with_reference, args.all_rows)
    console = wide_console()
    empty = []
    for table in tables.values():
        measured = [grid for grid in table.page.grids if grid.measured]
        if measured:
            console.rule(table.spec.title)
        for grid in measured:
            show(grid, console, everything=args.all_rows)
        without = [grid.title for grid in table.page.grids if not grid.measured]
        empty += without if measured else [table.spec.title]
    if empty:
        console.print(Text(f'Nothing measured yet: {"; ".join(empty)}\n'))
    for note in LEGEND:
        console.print(Text(note))
    for path in tables:
        console.print(Text(f'{path}, {path.stem}.tex and {path.stem}.csv'))
    console.print(Text(f'{args.results}/claims.md and claims.csv: all profiles with records'))


if __name__ == '__main__':
    main()
