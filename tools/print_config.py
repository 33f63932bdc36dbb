"""Print the whole config of a run, as MMAction2's own tools read it."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from mlfo_mm.start import cli  # first: it says what is not installed

from mlfo_mm.arguments import OptionsAction, Parser
from mlfo_mm.errors import printable_lines
from mlfo_mm.files import write_atomic

EXAMPLES = ('mlfo/r3d18@mini --output mini.py', 'mlfo/r3d18@mini --task linear_probe')


def parse_args() -> argparse.Namespace:
    """Parse the command line."""
    parser = Parser(__doc__, EXAMPLES)
    parser.add_argument('run', help='METHOD/BACKBONE@PROFILE+VARIANT, or a config file')
    parser.add_argument('--task', help="print this task's protocol under the run's profile instead")
    parser.add_argument('--output', type=Path, help='file to write in place of the terminal')
    parser.add_argument('--cfg-options', nargs='+', action=OptionsAction, help='key=value ...')
    return parser.parse_args()


@cli
def main() -> None:
    """Compose the config and print it."""
    args = parse_args()
    from mlfo_mm.engine.config import load_config, load_task  # loads torch, which takes seconds
    from mlfo_mm.engine.config_values import require

    if args.task:
        run = load_config(args.run)
        require(run, ('profile',))
        config = load_task(args.task, run.profile, args.cfg_options)
    else:
        config = load_config(args.run, args.cfg_options)
    if args.output:
        print(write_atomic(args.output, config.pretty_text))
    else:
        print(printable_lines(config.pretty_text))  # keys of dicts stand in it as they are


if __name__ == '__main__':
    main()
