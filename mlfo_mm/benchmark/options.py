"""The command line of ``tools/benchmark.py``: groups of options, and what they become."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from mlfo_mm.arguments import OptionsAction, count, duration, natural
from mlfo_mm.benchmark.choice import Choice
from mlfo_mm.benchmark.folders import Folders
from mlfo_mm.benchmark.where import Where
from mlfo_mm.reporting.specs import TABLES
from mlfo_mm.study.profiles import PROFILES
from mlfo_mm.study.tasks import TABLE_TASKS, TASKS


def _profile(parser: argparse.ArgumentParser) -> None:
    parser.add_argument('--profile', required=True, help=f'one of {", ".join(PROFILES)}')


def _what(parser: argparse.ArgumentParser) -> None:
    chosen = parser.add_argument_group('what', "where left out, the profile's own")
    names = ', '.join(TABLE_TASKS)
    chosen.add_argument('--tables', nargs='+', default=[], help=f'of {names}; 2 for table2')
    chosen.add_argument('--methods', nargs='+', default=[], help='methods or variants')
    chosen.add_argument('--backbones', nargs='+', default=[], help='such as r3d18 s3d slowfast')
    chosen.add_argument(
        '--dataset', nargs='+', default=[], help='data sets; the first is pretrained on'
    )
    chosen.add_argument('--task', nargs='+', default=[], help=f'of {", ".join(TASKS)}')
    chosen.add_argument('--seeds', type=count, help='number of seeds of every row, from 0')
    chosen.add_argument(
        '--sweep',
        nargs='+',
        action=OptionsAction,
        metavar='KEY=VALUES',
        help='rows over values of a config key, such as model.first_stage=0,0.1,0.3, as a table and '
        'a curve of their own; several keys are several sweeps; of MLFO unless --methods says more',
    )
    chosen.add_argument(
        '--skip-broken', action='store_true', help='evaluations pass over broken videos, counted'
    )


def _where(parser: argparse.ArgumentParser) -> None:
    where = parser.add_argument_group('where')
    where.add_argument('--jobs', type=count, help='jobs at a time; default: GPUs, or up to 4 cores')
    where.add_argument('--gpus', type=natural, help='GPUs of this machine to use; default: all')
    where.add_argument('--executor', default='', help="Snakemake's, such as slurm")
    where.add_argument(
        '--workflow-profile', default='', help='folder with options of Snakemake, or: slurm'
    )


def _how(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        '--gpus-per-run', type=natural, default=0, help="of a pretraining; default: the profile's"
    )


def _budget(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        '--budget',
        type=duration,
        default=0.0,
        help='end after so long, such as 12m or 8h; go on later',
    )


def _folders(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        '--work-dir', type=Path, default=Path('work_dirs'), help='folder of checkpoints'
    )
    parser.add_argument('--results', type=Path, default=Path('results'), help='folder of records')


def _cleaned(parser: argparse.ArgumentParser) -> None:
    parser.add_argument('--features', action='store_true', help='stored features')
    parser.add_argument(
        '--checkpoints', action='store_true', help='checkpoints before the last one of a run'
    )
    parser.add_argument('--dry-run', action='store_true', help='only say what would go')


def _page(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        '--with-reference', action='store_true', help='add the shipped results, marked as such'
    )
    names = ', '.join(TABLES)
    parser.add_argument(
        '--tables', nargs='+', default=[], dest='page_tables', help=f'only these, of {names}'
    )
    parser.add_argument(
        '--methods', nargs='+', default=[], dest='page_methods', help='only these, as of compare.py'
    )


OPTIONS: dict[str, Callable[[argparse.ArgumentParser], None]] = dict(
    profile=_profile,
    what=_what,
    where=_where,
    how=_how,
    budget=_budget,
    folders=_folders,
    cleaned=_cleaned,
    page=_page,
)


def choice_of(args: argparse.Namespace) -> Choice:
    """The checked choice of a command line; where a command has no options of it, the profile."""
    given = vars(args)
    sweep = (given.get('sweep') or {}).items()
    return Choice(
        args.profile,
        tables=tuple(given.get('tables', ())),
        methods=tuple(given.get('methods', ())),
        backbones=tuple(given.get('backbones', ())),
        datasets=tuple(given.get('dataset', ())),
        tasks=tuple(given.get('task', ())),
        seeds=given.get('seeds'),
        skip_broken=given.get('skip_broken', False),
        sweep=tuple((key, tuple(v) if isinstance(v, list) else (v,)) for key, v in sweep),
    ).checked()


def where_of(args: argparse.Namespace, root: Path) -> Where:
    """Where a command works, by its command line."""
    given = vars(args)
    return Where(
        Folders(root, args.work_dir, args.results),
        jobs=given.get('jobs'),
        gpus=given.get('gpus'),
        gpus_per_run=given.get('gpus_per_run', 0),
        executor=given.get('executor', ''),
        workflow_profile=given.get('workflow_profile', ''),
        budget=given.get('budget', 0.0),
        features=given.get('features', False),
        checkpoints=given.get('checkpoints', False),
        dry_run=given.get('dry_run', False),
        page=(
            given.get('with_reference', False),
            tuple(given.get('page_tables', ())),
            tuple(given.get('page_methods', ())),
        ),
    )
