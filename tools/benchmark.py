"""Every table and figure of a profile: ``python tools/benchmark.py run --profile demo``.

``list`` prints the matrix, ``plan`` what a run would do, ``run`` does it (and goes on where it was
stopped), ``status`` says how it stands, ``report`` writes one HTML page.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from mlfo_mm.start import STOPPED, cli  # first: it says what is not installed

from mlfo_mm.arguments import count, duration, natural
from rich.console import Console

from mlfo_mm.benchmark import commands
from mlfo_mm.study.tasks import TABLE_TASKS, TASKS
from mlfo_mm.benchmark.plan import Folders
from mlfo_mm.study.profiles import PROFILES
from mlfo_mm.benchmark.choice import Choice
from mlfo_mm.errors import UserError

ROOT = Path(__file__).resolve().parent.parent


def parse_args() -> argparse.Namespace:
    """What to run, where, and where its files go."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('command', choices=list(commands.COMMANDS))
    parser.add_argument('--profile', required=True, help=f'one of {", ".join(PROFILES)}')
    chosen = parser.add_argument_group('what', "where left out, the profile's own")
    names = ', '.join(TABLE_TASKS)
    chosen.add_argument('--tables', nargs='+', default=[], help=f'of {names}; 2 for table2')
    chosen.add_argument('--methods', nargs='+', default=[], help='methods or variants')
    chosen.add_argument('--backbones', nargs='+', default=[], help='such as r3d18 s3d slowfast')
    chosen.add_argument('--data', nargs='+', default=[], help='the first is pretrained on')
    chosen.add_argument('--tasks', nargs='+', default=[], help=f'of {", ".join(TASKS)}')
    chosen.add_argument('--seeds', type=count, help='of every row, from 0')
    chosen.add_argument(
        '--skip-broken', action='store_true', help='evaluations pass over broken videos, counted'
    )
    where = parser.add_argument_group('where')
    where.add_argument('--jobs', type=count, help='jobs at a time; default: GPUs, or up to 4 cores')
    where.add_argument('--gpus', type=natural, help='GPUs of this machine to use; default: all')
    where.add_argument(
        '--gpus-per-run', type=natural, default=0, help="of a pretraining; default: the profile's"
    )
    where.add_argument(
        '--budget',
        type=duration,
        default=0.0,
        help='end after so long, such as 12m or 8h; go on later',
    )
    where.add_argument('--executor', default='', help="Snakemake's, such as slurm")
    where.add_argument(
        '--workflow-profile', default='', help='folder with options of Snakemake, or: slurm'
    )
    where.add_argument('--work-dir', type=Path, default=Path('work_dirs'), help='for checkpoints')
    where.add_argument('--results', type=Path, default=Path('results'), help='for records')
    return parser.parse_args()


@cli
def main() -> None:
    """Call the command."""
    args = parse_args()
    choice = Choice(
        args.profile,
        tables=tuple(args.tables),
        methods=tuple(args.methods),
        backbones=tuple(args.backbones),
        datasets=tuple(args.data),
        tasks=tuple(args.tasks),
        seeds=args.seeds,
        skip_broken=args.skip_broken,
    ).checked()
    where = commands.Where(
        Folders(ROOT, args.work_dir, args.results),
        jobs=args.jobs,
        gpus=args.gpus,
        gpus_per_run=args.gpus_per_run,
        executor=args.executor,
        workflow_profile=args.workflow_profile,
        budget=args.budget,
    )
    console = Console()
    if not console.is_terminal:
        console = Console(width=160)
    try:
        commands.COMMANDS[args.command](choice, where, console)
    except KeyboardInterrupt:
        raise UserError('stopped; the same command goes on from here', STOPPED) from None


if __name__ == '__main__':
    main()
