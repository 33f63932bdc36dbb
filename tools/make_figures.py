"""Turn the records of a profile into figures. Needs no torch; frames need the videos."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from mlfo_mm.start import cli  # first: it says what is not installed

from mlfo_mm.arguments import Parser
from mlfo_mm.errors import UserError
from mlfo_mm.reporting.specs import FIGURES
from mlfo_mm.study.profiles import PROFILES
from mlfo_mm.study.records import require_records

EXAMPLES = ('--profile demo', '--profile mini --figures 3 curves')


def parse_args() -> argparse.Namespace:
    """Parse the command line."""
    parser = Parser(__doc__, EXAMPLES)
    parser.add_argument('--profile', required=True, help=f'one of {", ".join(PROFILES)}')
    parser.add_argument('--results', default='results', help='folder of records and figures')
    parser.add_argument(
        '--figures',
        nargs='+',
        default=list(FIGURES),
        metavar='NAME',
        help=f'of {", ".join(FIGURES)}: bars are those of the tables, curves those of training; and, '
        'where it is named, confusion: a matrix for each linear probe and finetuning',
    )
    parser.add_argument(
        '--with-reference', action='store_true', help='add the shipped results, marked as such'
    )
    return parser.parse_args()


@cli
def main() -> None:
    """Run the tool."""
    args = parse_args()
    from rich.console import Console  # these load matplotlib, which takes a second or two
    from rich.text import Text

    from mlfo_mm.reporting.figures import make_figures
    from mlfo_mm.reporting.figures.make import figure_folder, find_figure

    names = [find_figure(name) for name in args.figures]
    require_records(args.results, args.profile, args.with_reference)
    made = make_figures(args.profile, args.results, names, args.with_reference)
    console = Console(soft_wrap=True)
    folder = figure_folder(args.profile, args.results)
    for plots in made.values():
        for plot in plots:
            kinds = ', '.join(plot.files)
            line = (
                f'{folder / plot.name}.{{{kinds}}}' if kinds else f'{plot.title}: nothing to show'
            )
            console.print(Text(line))
            for reason in plot.missing:
                console.print(Text(f'- {reason}', style='yellow'))
    if not any(plot.files for plots in made.values() for plot in plots):
        raise UserError(
            'none of these figures has something to show: tools/benchmark.py run --profile '
            f'{args.profile} makes what they are of'
        )


if __name__ == '__main__':
    main()
