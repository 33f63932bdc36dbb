"""Every table and figure of a profile. ``COMMAND --help`` says more of each command."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from mlfo_mm.start import STOPPED, cli  # first: it says what is not installed

from mlfo_mm.arguments import Parser
from rich.console import Console

from mlfo_mm.benchmark import commands
from mlfo_mm.benchmark.options import OPTIONS, choice_of, where_of
from mlfo_mm.errors import UserError

ROOT = Path(__file__).resolve().parent.parent


def parse_args() -> argparse.Namespace:
    """What to run, where, and where its files go."""
    examples = [f'{name} {each.examples[0]}' for name, each in commands.COMMANDS.items()]
    parser = Parser(__doc__, examples)
    subs = parser.add_subparsers(dest='command', required=True, metavar='COMMAND')
    for name, command in commands.COMMANDS.items():
        examples = [f'{example}' for example in command.examples]
        sub = subs.add_parser(name, help=command.help, doc=command.about, examples=examples)
        for option in command.options:
            OPTIONS[option](sub)
    return parser.parse_args()


@cli
def main() -> None:
    """Call the command."""
    args = parse_args()
    console = Console()
    if not console.is_terminal:
        console = Console(width=160)
    command = commands.COMMANDS[args.command]
    try:
        command.call(choice_of(args), where_of(args, ROOT), console)
    except KeyboardInterrupt:
        raise UserError('stopped; the same command goes on from here', STOPPED) from None


if __name__ == '__main__':
    main()
