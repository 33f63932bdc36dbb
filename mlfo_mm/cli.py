"""The command ``mlfo``: ``mlfo train mlfo/r3d18@demo`` is ``python tools/train.py mlfo/r3d18@demo``."""

from __future__ import annotations

import runpy
import sys
import textwrap

from mlfo_mm import __version__, commands
from mlfo_mm.commands import COMMANDS, STATUSES
from mlfo_mm.errors import did_you_mean
from mlfo_mm.study.paths import REPOSITORY

USAGE = 'usage: mlfo COMMAND [arguments]; mlfo COMMAND --help says which'


def help_text() -> str:
    """The commands with what they do, and the statuses with which they end."""
    lines = [USAGE, '', *(f'  {name:10} {COMMANDS[name].does}' for name in COMMANDS), '']
    lines.append(
        'Data sets are looked for in ./data and in the folders that MLFO_DATA_ROOT names; what is'
    )
    lines.append('made goes to ./work_dirs and ./results. Example: mlfo train mlfo/r3d18@demo')
    lines += ['', 'exit status:']
    for status, means in STATUSES.items():
        first, *rest = textwrap.wrap(means, 88)
        lines += [f'  {status:<4}{first}', *(f'      {line}' for line in rest)]
    return '\n'.join(lines)


def main() -> None:
    """Run the tool that the first word names, with the words behind it."""
    name = sys.argv[1] if len(sys.argv) > 1 else '--help'
    if name in ('-h', '--help', 'help'):
        print(help_text())
        return
    if name == '--version':
        print(f'mlfo_mm {__version__}')
        return
    if name not in COMMANDS:
        near = did_you_mean(name, COMMANDS) or f': one of {", ".join(COMMANDS)}'
        print(f'error: no command {name!r}{near}', file=sys.stderr)
        sys.exit(2)
    tool = REPOSITORY / 'tools' / COMMANDS[name].tool
    del sys.argv[1]
    commands.typed = f'mlfo {name}'
    runpy.run_path(str(tool), run_name='__main__')


if __name__ == '__main__':
    main()
