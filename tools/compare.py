"""Compare methods by the records of a profile: one table, one plot. Needs no torch."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from mlfo_mm.start import cli  # first: it says what is not installed

from mlfo_mm.arguments import Parser
from mlfo_mm.study.profiles import PROFILES

EXAMPLES = ('all --profile demo', 'mlfo simclr pace --profile mini --sort "Linear probe"')


def parse_args() -> argparse.Namespace:
    """Parse the command line."""
    parser = Parser(__doc__, EXAMPLES)
    parser.add_argument(
        'methods',
        nargs='+',
        metavar='METHOD',
        help='mlfo, pace-contrast, random, ...: all variants of a method but its ablations, or one; '
        'all: every method with a record',
    )
    parser.add_argument('--profile', required=True, help=f'one of {", ".join(PROFILES)}')
    parser.add_argument('--results', default='results', help='folder of the records')
    parser.add_argument('--output', help='folder; default: compare/PROFILE of the results')
    parser.add_argument(
        '--sort', default='', metavar='COLUMN', help='such as "Linear probe", "R@1" or "GFLOPs"'
    )
    parser.add_argument('--flat', action='store_true', help='do not group methods by their kind')
    parser.add_argument(
        '--with-reference', action='store_true', help='add the shipped results, marked as such'
    )
    return parser.parse_args()


@cli
def main() -> None:
    """Run the tool."""
    args = parse_args()
    from rich.text import Text  # these load scipy and matplotlib, which take a second or two

    from mlfo_mm.reporting.compare import NOTES, compare
    from mlfo_mm.reporting.panel_grids import LEGEND
    from mlfo_mm.reporting.render.screen import show, wide_console

    made, paths = compare(
        args.methods,
        args.profile,
        args.results,
        args.output,
        args.with_reference,
        args.sort,
        not args.flat,
    )
    console = wide_console()
    for grid in made.page.grids:
        # what was not run is part of the comparison
        show(grid, console, everything=True)
    for note in (*NOTES, *LEGEND):
        console.print(Text(note))
    for path in paths:
        console.print(Text(str(path)))


if __name__ == '__main__':
    main()
