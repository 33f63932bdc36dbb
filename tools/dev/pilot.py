"""Settings compared on a training list alone: some of its groups are left out and tested on.

A trial is a run as it is spelled, with its options: 'mlfo/r3d18@mini optim_wrapper.optimizer.lr=4e-3';
'mlfo/r3d18@mini none' are its random weights. Each leaves records below --results. The same command goes
on where it was stopped, and the table has all trials that are done, with the terms that were solved,
followed a shortcut or were not learned. Test lists are not touched.
"""

from __future__ import annotations

import argparse
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from mlfo_mm.start import cli  # first: it says what is not installed

from tabulate import tabulate

from mlfo_mm.checkpoint_files import file_name, resumable
from mlfo_mm.datasets.annotation import find_dataset, list_file, read_list
from mlfo_mm.errors import UserError
from mlfo_mm.files import write_atomic
from mlfo_mm.handover import read_handover
from mlfo_mm.reporting.pretrainings import term_states
from mlfo_mm.roots import data_roots
from mlfo_mm.study.identity import NO_CHECKPOINT, hash_text
from mlfo_mm.study.records import Record, read_record
from mlfo_mm.study.tasks import TASKS

ROOT = Path(__file__).resolve().parents[2]
SHOWN = (('linear_probe', 'top1'), ('retrieval', 'R@1_centred'))


def parse_args() -> argparse.Namespace:
    """What to try, and what is left out."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('dataset', help='whose training list is used')
    parser.add_argument('trials', nargs='+', help='RUN KEY=VALUE ..., each in quotation marks')
    parser.add_argument('--epochs', type=int, default=6, help='of each trial; default: %(default)s')
    parser.add_argument('--leave-out', nargs='+', required=True, help='groups, such as 07')
    parser.add_argument('--every', type=int, default=1, help='only each so many-th video')
    parser.add_argument('--work-dir', type=Path, default=Path('work_dirs/pilot'))
    parser.add_argument('--results', type=Path, default=Path('work_dirs/pilot/results'))
    parser.add_argument('--table', type=Path, help='Markdown file; default: the screen alone')
    return parser.parse_args()


def split_list(dataset: str, groups: list[str], root: Path, every: int = 1) -> str:
    """Make a data set of a training list, with some groups for its test list; return its name."""
    folder = find_dataset(dataset).absolute()
    name = f'{dataset}_without_{"_".join(groups)}' + (f'_each_{every}' if every > 1 else '')
    made = root / name
    marks = [f'_g{group}_' for group in groups]
    lines: dict[str, list[str]] = dict(train=[], test=[])
    for sample in read_list(list_file(folder, 'train'))[::every]:
        left_out = any(mark in sample.path for mark in marks)
        lines['test' if left_out else 'train'].append(f'{sample.path} {sample.label}\n')
        (made / sample.path).parent.mkdir(parents=True, exist_ok=True)
        if not (made / sample.path).exists():
            (made / sample.path).symlink_to(folder / sample.path)
    if not all(lines.values()):
        raise UserError(f'--leave-out {" ".join(groups)}: nothing left out, or nothing left')
    for subset, found in lines.items():
        write_atomic(made / f'{subset}.txt', ''.join(found))
    shutil.copy(folder / 'classes.txt', made / 'classes.txt')
    return name


def schedule(epochs: int) -> list[str]:
    """A short run's options: a warm-up of one epoch, then a cosine."""
    cosine = f'param_scheduler.1.end={epochs}', f'param_scheduler.1.T_max={epochs - 1}'
    return [f'train_cfg.max_epochs={epochs}', *cosine]


def measure(trial: str, name: str, args: argparse.Namespace) -> list[str]:
    """Train and evaluate a trial, unless that was done; return its line of the table."""
    run, *options = shlex.split(trial)
    folder = args.work_dir / hash_text(f'{trial} {args.epochs} {name}')[:8]
    told, trained = folder / 'records.json', folder / 'training.json'
    results = '--results', str(args.results)
    checkpoint = folder / file_name(args.epochs)
    weights = [run, NO_CHECKPOINT] if options == [NO_CHECKPOINT] else [str(checkpoint)]
    if len(weights) == 1 and not checkpoint.is_file():
        options = [f'pretrain_dataset={name}', *schedule(args.epochs), *options]
        resume = ['--resume'] if resumable(folder) else []
        where = ['--work-dir', str(folder), '--outcome', str(trained), *results, *resume]
        call('train', run, *where, '--cfg-options', *options)
    tasks = ['--task', *(task for task, _ in SHOWN), '--dataset', name, '--reuse', *results]
    call('evaluate', *weights, *tasks, '--work-dir', str(args.work_dir), '--outcome', str(told))
    metrics = {key: value for each in records_of(told) for key, value in each.metrics.items()}
    shown = (TASKS[task].metric(key).show(metrics[key]) for task, key in SHOWN)
    return [f'`{trial}`', *shown, '; '.join(map(term_states, records_of(trained)))]


def records_of(told: Path) -> list[Record]:
    """The records that a tool made."""
    said = read_handover(told)
    return [read_record(Path(path)) for path in (said.records if said else ())]


def call(tool: str, *arguments: str) -> None:
    """Run a tool of the repository."""
    subprocess.run([sys.executable, str(ROOT / f'tools/{tool}.py'), *arguments], check=True)


@cli
def main() -> None:
    """Measure each trial; print, and store, the table."""
    args = parse_args()
    root = args.work_dir.absolute() / 'data'
    name = split_list(args.dataset, args.leave_out, root, args.every)
    os.environ['MLFO_DATA_ROOT'] = os.pathsep.join(map(str, (root, *data_roots())))
    heads = ['trial', *(TASKS[task].metric(key).summary for task, key in SHOWN), 'terms']
    lines = []
    for trial in args.trials:
        lines.append(measure(trial, name, args))
        text = tabulate(lines, heads, 'github', disable_numparse=True)
        if args.table:
            what = (
                f'Training list of {args.dataset}, tested on its groups {", ".join(args.leave_out)}'
            )
            write_atomic(args.table, f'{what}; {args.epochs} epochs.\n\n{text}\n')
        print(text, flush=True)


if __name__ == '__main__':
    main()
