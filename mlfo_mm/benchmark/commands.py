"""The commands of ``tools/benchmark.py``."""

from __future__ import annotations

import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from mlfo_mm.benchmark import runner
from mlfo_mm.benchmark.choice import Choice, chosen_rows
from mlfo_mm.benchmark.clean import early_checkpoints, stored_features
from mlfo_mm.benchmark.estimate import Estimates
from mlfo_mm.benchmark.jobs import RULES, Job, Plan, executable
from mlfo_mm.benchmark.locks import lock
from mlfo_mm.benchmark.resolve import tool_environment
from mlfo_mm.benchmark.resources import Resources
from mlfo_mm.benchmark.state import files, read, status, to_do
from mlfo_mm.benchmark.terminal import how_far
from mlfo_mm.benchmark.where import Where
from mlfo_mm.errors import UserError
from mlfo_mm.progress import spell
from mlfo_mm.study.methods import CARD
from mlfo_mm.study.profiles import PROFILES
from mlfo_mm.study.tasks import PADDING, SWEEP

LOG_LINES = 8
UNDER_WAY = 'a run is under way'
SHOWN = ('table1', 'table2', 'table3', 'table4', 'levels', PADDING, SWEEP)  # tables on the terminal


def list_matrix(choice: Choice, where: Where, console: Console) -> None:
    """Print the rows of the matrix that the choice runs."""
    profile = PROFILES[choice.profile]
    table = Table('run', 'weights', 'tables', 'tasks', 'seeds', title=None)
    absent = []
    for row in chosen_rows(choice):
        if not (where.folders.root / 'configs' / row.recipe / CARD).is_file():
            absent.append(f'{row.method}/{row.backbone} ({", ".join(row.tables)})')
            continue
        options = {k: v for k, v in row.options.items() if k != 'variant'}
        texts = (
            row.run(profile) + ''.join(f'\n{key}={value}' for key, value in options.items()),
            row.method if row.untrained else 'pretrained',
            ' '.join(name for name in row.tables if name in choice.tables),
            ' '.join(choice.tasks_of(row)),
            str(len(choice.seeds_of(row))),
        )
        table.add_row(*map(Text, texts))  # values in brackets are no markup
    names = ', '.join(choice.datasets)
    console.print(f'profile {choice.profile}, data sets {names}', markup=False)
    console.print(table)
    if absent:
        names = ', '.join(absent)
        console.print(f'quoted, to run once they have a card: {names}', highlight=False)


def show_plan(choice: Choice, where: Where, console: Console) -> None:
    """Print what a run would do, and what it takes."""
    plan, machine = where.plan(choice, without_data=True), where.machine()
    jobs, under_way = to_do(plan)
    if under_way:
        console.print(UNDER_WAY)
    todo = {job.name for job in jobs}
    kinds = Counter(job.rule for job in plan.jobs)
    kinds_todo = Counter(name.split('/')[0] for name in todo)
    for job in plan.jobs:
        if job.name in todo and job.rule not in ('tables', 'figures'):
            console.print(f'  - {job.title}', highlight=False, markup=False)
    console.print(f'{len(plan.jobs)} jobs, {len(todo)} to do:', highlight=False)
    for rule in RULES:
        if kinds[rule]:
            console.print(f'  {rule:9} {kinds_todo[rule]:4} of {kinds[rule]}', highlight=False)
    if todo:
        estimates = Estimates(plan)
        seconds = estimates.left(jobs, {}, machine.jobs)
        told = f'about {spell(seconds)}' if seconds else 'unknown, no earlier run to judge by'
        console.print(f'time, {machine.jobs} at a time: {told}', highlight=False)
        _say_resources(Resources(plan, estimates), jobs, console)
    _say_missing(plan, console, 'missing, needed before a run')


def _say_resources(resources: Resources, jobs: Sequence[Job], console: Console) -> None:
    works = [job for job in jobs if job.name in resources.told]
    if works:
        console.print('what is to do, by table:', highlight=False)
        console.print(resources.table(works))
        for line in (resources.sizes(works), 'told by:', *resources.sources(works)):
            console.print(line, highlight=False, markup=False, soft_wrap=True)


def run(choice: Choice, where: Where, console: Console) -> None:
    """Run what is not done, and print the tables."""
    plan, machine = where.plan(choice), where.machine()
    _say_missing(plan, console)
    if not plan.jobs:
        raise UserError('nothing can run: ' + ('; '.join(plan.missing) or 'the choice is empty'))
    _check_gpus(plan, machine)
    ending = runner.run(plan, machine, console, where.budget)
    for job in plan.jobs:
        if job.rule == 'tables':
            shown = [name for name in SHOWN if name in choice.tables]
            _call(plan, job, *(['--tables', *shown] if shown else []))
        elif job.rule == 'figures' and job.name in ending.left_out and not ending.error:
            _call(plan, job)
    for name, reason in ending.failed.items():
        log = files(plan, plan.job(name)).log
        tail = log.read_text(errors='replace').splitlines()[-LOG_LINES:] if log.is_file() else []
        text = '\n'.join([f'failed: {plan.job(name).title}: {reason}', f'  {log}:'])
        console.print('\n'.join([text, *(f'  | {line}' for line in tail)]), markup=False)
    if ending.out_of_time:
        left = [name for name in ending.left_out if not name.startswith(('tables', 'figures'))]
        console.print(f'time is up: {len(left)} jobs left; the same command goes on from here')
    if ending.error:
        raise UserError(f'{ending.error}; the same command goes on from here')
    if ending.failed:
        others = [name for name in ending.left_out if not name.startswith(('tables', 'figures'))]
        raise UserError(
            f'{len(ending.failed)} failed'
            + (f', {len(others)} left out because of them' if others else '')
            + '; the same command tries them again'
        )


def _check_gpus(plan: Plan, machine: runner.Machine) -> None:
    """Refuse what is to do and would wait forever for more GPUs than there are."""
    if not machine.gpus:
        return
    wanted, there = max((job.gpus for job in to_do(plan)[0]), default=0), len(machine.gpus)
    if wanted > there:
        raise UserError(
            f'a pretraining takes {wanted} GPUs, this run has {there}: --gpus-per-run {there} gives '
            'it fewer'
        )


def _call(plan: Plan, job: Job, *options: str) -> None:
    """Run the command of a report on the terminal."""
    command = executable(job.command)
    sys.stdout.flush()
    environment = tool_environment(Path(plan.root))
    subprocess.run([*command, *options], env=environment, cwd=plan.cwd, check=False)


def show_status(choice: Choice, where: Where, console: Console) -> None:
    """Print how each job stands."""
    plan = where.plan(choice)
    jobs, under_way = to_do(plan)
    if under_way:
        console.print(UNDER_WAY)
    wanted = {job.name for job in jobs}
    found = {job.name: status(plan, job) for job in plan.jobs}
    for name, state in found.items():
        if state == 'to do' and name not in wanted:
            found[name] = 'spare'  # what is made of it is there
    for job in plan.jobs:
        state = found[job.name]
        text = f'{state:8} {job.title}'
        if state == 'failed':
            text += f': {read(files(plan, job).state).get("reason")} (log: {files(plan, job).log})'
        elif state == 'running':
            start = float(read(files(plan, job).state).get('start', time.time()))
            text += f': {how_far(plan, job, time.time(), start)}'
        console.print(text, highlight=False, markup=False, soft_wrap=True)
    counts = Counter(found.values())
    console.print(', '.join(f'{number} {name}' for name, number in counts.items()))
    _say_missing(plan, console)


def clean(choice: Choice, where: Where, console: Console) -> None:
    """Remove what can be made again."""
    folders, chosen = where.folders, where.features or where.checkpoints
    with lock(folders.benchmark / choice.profile / 'runner.lock', wait=False) as free:
        if free is None:
            raise UserError(f'{UNDER_WAY}: clean when it has ended')
        wastes = [stored_features(folders)] if where.features or not chosen else []
        if where.checkpoints or not chosen:
            wastes += early_checkpoints(folders, choice.profile)
        for waste in wastes:
            if not where.dry_run:
                waste.remove()
            verb = 'would remove' if where.dry_run else 'removed'
            console.print(
                f'{waste.what}: {verb} {len(waste.paths):,} files, {waste.size:,} bytes, in '
                f'{waste.folder}',
                highlight=False,
                markup=False,
                soft_wrap=True,
            )


def report(choice: Choice, where: Where, console: Console) -> None:
    """Write the HTML page."""
    from mlfo_mm.reporting.report import make_report

    folders, page = where.folders, where.page
    path = make_report(choice.profile, folders.results, folders.work_dir, *page)
    console.print(f'{path}', highlight=False, markup=False, soft_wrap=True)


def _say_missing(plan: Plan, console: Console, head: str = 'missing, so left out') -> None:
    if plan.missing:
        console.print(f'{head}:', highlight=False)
    for line in plan.missing:
        console.print(f'  - {line}', highlight=False, markup=False, soft_wrap=True)


@dataclass(frozen=True)
class Command:
    """A command of the tool.

    Attributes:
        call: Does it.
        help: What it does, in a line.
        examples: Arguments behind its name.
        options: The groups of options that it has.
        more: What its own help says beside the line.
    """

    call: Callable[[Choice, Where, Console], None]
    help: str
    examples: tuple[str, ...]
    options: tuple[str, ...]
    more: str = ''

    @property
    def about(self) -> str:
        """The head of its own help."""
        return f'{self.help[0].upper()}{self.help[1:]}.' + (f'\n\n{self.more}' if self.more else '')


COMMANDS = {
    'list': Command(
        list_matrix,
        'the rows of the matrix: runs, tables, tasks, seeds',
        ('--profile demo', '--profile mini --tables 2 3'),
        ('profile', 'what', 'folders'),
    ),
    'plan': Command(
        show_plan,
        'what a run would do, and what it takes: time, GPU hours, cores, disk; needs no data',
        ('--profile paper', '--profile mini --dataset mine --tables 1 4'),
        ('profile', 'what', 'where', 'how', 'folders'),
        'Time is judged by earlier runs, scaled to the data. Of the profile paper, what is not known '
        'so is\ncounted by the arithmetic of docs/gpu.md. What neither tells is called unknown.',
    ),
    'run': Command(
        run,
        'run what is not done, tables and figures at the end; goes on where it was stopped',
        (
            '--profile demo',
            '--profile mini --methods mlfo --sweep model.first_stage=0,0.1,0.3 --seeds 3',
            '--profile paper --workflow-profile slurm --tables 2',
        ),
        ('profile', 'what', 'where', 'how', 'budget', 'folders'),
        'A failed job does not stop the others. Values of --sweep are read as those of --cfg-options.',
    ),
    'status': Command(
        show_status,
        'how each job stands; of those that run, epoch and time left',
        ('--profile demo',),
        ('profile', 'what', 'how', 'folders'),
    ),
    'report': Command(
        report,
        'write one HTML page',
        ('--profile demo', '--profile mini --tables 1 4 --methods mlfo simclr'),
        ('profile', 'page', 'folders'),
    ),
    'clean': Command(
        clean,
        'remove stored features and checkpoints before the last one of a run',
        ('--profile mini --dry-run', '--profile mini --features'),
        ('profile', 'cleaned', 'folders'),
        'Without --features and --checkpoints, both. Records and last checkpoints stay. Evaluations '
        'that are\nrun again make features anew.',
    ),
}
