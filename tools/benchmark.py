"""Run a profile of the benchmark and make its tables: ``python tools/benchmark.py run --profile demo``."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

from mlfo_mm.benchmark.profiles import PROFILES, TASKS
from mlfo_mm.benchmark.runner import run_profile
from mlfo_mm.datasets.annotation import find_dataset
from mlfo_mm.errors import UserError, cli

ROOT = Path(__file__).resolve().parent.parent


def parse_args() -> argparse.Namespace:
    """What to run, and where its files go."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('command', choices=['run'])
    parser.add_argument('--profile', choices=list(PROFILES), required=True)
    parser.add_argument(
        '--data',
        nargs='+',
        default=[],
        help="in place of the profile's; the first is pretrained on",
    )
    parser.add_argument('--tasks', nargs='+', choices=TASKS, default=list(TASKS))
    parser.add_argument('--seeds', type=int, default=1, help='number of seeds, from 0')
    parser.add_argument('--work-dir', type=Path, default=Path('work_dirs'))
    parser.add_argument('--results', type=Path, default=Path('results'))
    return parser.parse_args()


def make_data(names: list[str], command: tuple[str, ...]) -> None:
    """Make the profile's own data where they are missing."""
    try:
        for name in names:
            find_dataset(name)
    except UserError:
        subprocess.run([sys.executable, *command], cwd=os.getcwd(), check=True)


@cli
def main() -> None:
    """Make data, run what is missing, make the tables."""
    args = parse_args()
    profile = PROFILES[args.profile]
    if profile.prepare and not args.data:
        script, *rest = profile.prepare
        make_data(list(profile.datasets), (str(ROOT / script), *rest))
    failures = run_profile(
        args.profile,
        ROOT,
        tuple(args.data),
        tuple(args.tasks),
        args.seeds,
        args.work_dir,
        args.results,
    )
    tables = [str(ROOT / 'tools/make_tables.py'), '--profile', args.profile]
    subprocess.run([sys.executable, *tables, '--results', str(args.results)], check=True)
    if failures:
        raise UserError(f'{len(failures)} failed:\n  ' + '\n  '.join(failures))


if __name__ == '__main__':
    main()
