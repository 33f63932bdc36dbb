"""From a choice to its plan: every pretraining, evaluation and table as a job."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from mlfo_mm.arguments import spelled
from mlfo_mm.benchmark.choice import Choice, chosen_rows
from mlfo_mm.benchmark.folders import Folders
from mlfo_mm.benchmark.jobs import EVALUATIONS, PYTHON, RULES, Job, Plan
from mlfo_mm.benchmark.resolve import Answer, Question, pretraining, protocol
from mlfo_mm.checkpoint_files import file_name
from mlfo_mm.datasets.annotation import find_dataset
from mlfo_mm.errors import UserError
from mlfo_mm.study.experiments import Experiment
from mlfo_mm.study.identity import (
    NO_CHECKPOINT,
    Pretraining,
    Protocol,
    folder_name,
    hash_text,
    padded_variant,
    pretraining_identity,
    safe_name,
)
from mlfo_mm.study.methods import CARD
from mlfo_mm.study.profiles import PROFILES, Profile
from mlfo_mm.study.records import record_path
from mlfo_mm.study.tasks import PADDING, SWEEP, TABLE_TASKS, TASKS

Resolver = Callable[[Sequence[Question]], list[Answer]]


def make_plan(
    choice: Choice,
    folders: Folders,
    ask: Resolver,
    processes: int = 0,
    without_data: bool = False,
) -> Plan:
    """Expand a checked choice into jobs.

    Args:
        choice: What to run.
        folders: Where files go.
        ask: Answers questions about configs.
        processes: Processes of one pretraining; 0 for the profile's.
        without_data: Jobs on data that are not here stand in it too: none that can run.
    """
    return _Planner(choice, folders, ask, processes, without_data).plan()


class _Planner:
    def __init__(
        self,
        choice: Choice,
        folders: Folders,
        ask: Resolver,
        processes: int,
        without_data: bool,
    ) -> None:
        self.without_data = without_data
        self.choice, self.folders, self.ask = choice, folders, ask
        self.profile: Profile = PROFILES[choice.profile]
        self.processes = processes or self.profile.processes
        self.results = folders.results.as_posix()
        self.jobs: dict[str, Job] = {}
        self.missing: dict[str, int] = {}
        self.made = Plan(
            profile=choice.profile,
            root=str(folders.root),
            cwd=str(Path.cwd()),
            folder=str(folders.benchmark / choice.profile),
            results=str(folders.results),
        )

    def plan(self) -> Plan:
        choice, made = self.choice, self.made
        rows = [row for row in chosen_rows(choice) if self._is_there(row)]
        swap = self.choice.datasets != self.profile.datasets or not self.profile.paper
        on = choice.datasets[0] if swap else ''
        tasks = list(dict.fromkeys(task for row in rows for task in choice.tasks_of(row)))
        runs = [pretraining(row.run(self.profile), on, row.options, row.swept) for row in rows]
        # all at once: whoever answers loads torch first
        answers = self.ask([*runs, *(protocol(task, self.profile.name) for task in tasks)])
        made.protocols = {
            task: Protocol(**answer['protocol'])
            for task, answer in zip(tasks, answers[len(rows) :], strict=True)
            if not self._wrong(answer)
        }
        for index, (row, answer) in enumerate(zip(rows, answers[: len(rows)], strict=True)):
            if row.swept and 'error' in answer:
                raise UserError(f'--sweep {row.swept}: {answer["error"]}')
            if self._wrong(answer):
                continue
            for seed in choice.seeds_of(row):
                self._add_run(row, answer, seed, 100_000 - 1000 * seed - 10 * index)
        self._add_reports()
        made.jobs = sorted(self.jobs.values(), key=lambda j: (RULES.index(j.rule), -j.priority))
        made.missing = [f'{line} ({n} runs)' if n > 1 else line for line, n in self.missing.items()]
        if not self.profile.paper and any(line.startswith('data: ') for line in self.missing):
            made.missing.append('data sets that are here take their place: --dataset A B')
        return made

    def _miss(self, line: str) -> None:
        self.missing[line] = self.missing.get(line, 0) + 1

    def _wrong(self, answer: Answer) -> bool:
        if 'error' in answer:
            self._miss(answer['error'])
        return 'error' in answer

    def _is_there(self, row: Experiment) -> bool:
        """Whether the method is there; of others than the study's own it may be quoted alone."""
        there = (self.folders.root / 'configs' / row.recipe / CARD).is_file()
        if not there and not row.comparator:
            self._miss(f'no card of the method {row.recipe}')
        return there

    def _data(self, *names: str) -> tuple[str, ...] | None:
        """The job that makes these data sets where they are missing; None if nothing can."""
        needs: tuple[str, ...] = ()
        for name in names:
            try:
                find_dataset(name)
            except UserError as error:
                if not self.profile.prepare or name not in self.profile.datasets:
                    self._miss(f'data: {error}')
                    if self.without_data:
                        continue
                    return None
                needs = ('data/' + self.profile.datasets[0],)
                self.jobs[needs[0]] = Job(
                    needs[0],
                    'make the data',
                    (PYTHON, *self._tool(*self.profile.prepare)),
                    priority=1_000_000,
                    gpus=0,
                    facts=dict(datasets=list(self.profile.datasets)),
                )
        return needs

    def _tool(self, name: str, *arguments: str) -> tuple[str, ...]:
        """A tool of the repository as one would type it here."""
        path = self.folders.root / name
        here = Path.cwd() == self.folders.root
        return os.path.relpath(path) if here else str(path), *arguments

    def _record(self, about: dict[str, Any]) -> str:
        return str(record_path(about['profile'], about['experiment'], self.folders.results))

    def _add_run(self, row: Experiment, answer: Answer, seed: int, priority: int) -> None:
        trains = Pretraining(**answer['pretraining'])
        run, options = row.run(self.profile), _options(answer['options'])
        facts: dict[str, Any] = dict(
            method=trains.method, variant=trains.variant, backbone=trains.backbone
        )
        facts |= dict(seed=seed, trains=' '.join((run, *options)), tables=self._tables(row))
        self.made.trained[facts['trains']] = trains
        if row.untrained:
            variant = padded_variant('', trains.time_padding)
            facts |= dict(method=row.method, variant=variant, checkpoint=NO_CHECKPOINT)
            self._add_evaluations(row, facts, (run, NO_CHECKPOINT), (), priority)
            return
        data = self._data(trains.dataset)
        if data is None:
            return
        about = pretraining_identity(trains, seed)
        name = folder_name(about)
        work_dir = self.folders.work_dir.absolute() / self.profile.name / name
        checkpoint = str(work_dir / file_name(answer['epochs']))
        where = ('--work-dir', str(work_dir), '--seed', str(seed), '--results', self.results)
        record = self._tool('tools/record_pretraining.py', str(work_dir), '--results', self.results)
        job = Job(
            f'pretrain/{name}',
            f'pretrain {_who(facts)} on {trains.dataset}, seed {seed}',
            (*self._train(run), *where, *options),
            (checkpoint, self._record(about)),
            data,
            # of minutes in all, what takes longest comes first; else the results of a row do
            priority + (500 if self.profile.prepare else 5),
            self.processes,
            facts | dict(recorder=[PYTHON, *record]),
        )
        facts |= dict(checkpoint=checkpoint)
        if self._add_evaluations(row, facts, (checkpoint,), (job.name,), priority):
            self._add(job)

    def _train(self, run: str) -> tuple[str, ...]:
        if self.processes == 1:
            return PYTHON, *self._tool('tools/train.py', run)
        return 'bash', *self._tool('tools/dist_train.sh', run, str(self.processes))

    def _add_evaluations(
        self,
        row: Experiment,
        facts: dict[str, Any],
        weights: tuple[str, ...],
        needs: tuple[str, ...],
        priority: int,
    ) -> bool:
        groups = self._groups(row, facts['seed'])
        for (tasks, _), datasets in groups.items():
            rule = 'evaluate' if TASKS[tasks[0]].frozen else tasks[0]
            what = f'evaluate {", ".join(tasks)} of' if rule == 'evaluate' else rule
            own = facts | dict(
                tables=self._tables(row, tasks),
                tasks=list(tasks),
                datasets=datasets,
                skip_broken=self.choice.skip_broken,
            )
            abouts = self.made.identities(own)
            name = safe_name('-'.join((_who(facts), *datasets, f'seed{facts["seed"]}')))
            mark = hash_text(repr([about['experiment'] for about in abouts]))[:8]
            job = Job(
                f'{rule}/{name}-{mark}',
                f'{what} {_who(facts)} on {", ".join(datasets)}, seed {facts["seed"]}',
                self._evaluate(weights, own),
                tuple(self._record(about) for about in abouts),
                (*needs, *(self._data(*datasets) or ())),
                priority + (9 if rule == 'evaluate' else self._before()),
                facts=own,
            )
            self._add(job)
        return bool(groups)

    def _before(self) -> int:
        """What a finetuning is put forward by: in a demo, where it is long, before all evaluations."""
        return 300 if self.profile.prepare else 3

    def _add(self, job: Job) -> None:
        """Add a job; one that is there already serves the tables of both."""
        there = self.jobs.setdefault(job.name, job)
        there.facts['tables'] = list(dict.fromkeys(there.facts['tables'] + job.facts['tables']))

    def _tables(self, row: Experiment, tasks: Sequence[str] = ()) -> list[str]:
        """Tables of the choice that these tasks of a row fill; where none is named, all of its tasks."""
        asked = tasks or self.choice.tasks_of(row)
        wanted = [name for name in row.tables if name in self.choice.tables]
        return [name for name in wanted if set(asked) & set(TABLE_TASKS[name])]

    def _groups(self, row: Experiment, seed: int) -> dict[tuple[tuple[str, ...], str], list[str]]:
        """Data sets of the evaluations of a run, by the tasks that share a job.

        Frozen tasks do, as they share features, and with them the embedded sets, which are labels
        of the same videos. Of all others the key holds the data set too.
        """
        groups: dict[tuple[tuple[str, ...], str], list[str]] = {}
        for dataset in self.choice.datasets:
            tasks = self.choice.tasks_of(row, seed, dataset)
            tasks = tuple(task for task in tasks if task in self.made.protocols)
            if not tasks or self._data(dataset) is None:
                continue
            frozen = tuple(task for task in tasks if TASKS[task].frozen)
            if frozen:
                key = frozen, '' if self.profile.prepare else dataset
                groups.setdefault(key, []).append(dataset)
            groups |= {((task,), dataset): [dataset] for task in tasks if task not in frozen}
        return groups

    def _evaluate(self, weights: tuple[str, ...], facts: dict[str, Any]) -> tuple[str, ...]:
        """The command of an evaluation: the checkpoint carries how it was trained."""
        folder = str(self.folders.evaluations)
        return (
            *(PYTHON, *self._tool('tools/evaluate.py', *weights), '--task', *facts['tasks']),
            *('--dataset', *facts['datasets'], '--seed', str(facts['seed']), '--reuse'),
            *('--results', self.results, '--work-dir', folder),
            *(('--skip-broken',) if facts['skip_broken'] else ()),
        )

    def _add_reports(self) -> None:
        """Tables and figures, made anew when one of their evaluations is."""
        found = [job.name for job in self.jobs.values() if job.rule in EVALUATIONS]
        mark = hash_text(repr([self.choice.tables, sorted(found), str(self.folders.results)]))[:8]
        kinds = ['tables']
        drawn = any(t.startswith('figure') or t in (PADDING, SWEEP) for t in self.choice.tables)
        kinds += ['figures'] if drawn else []
        for kind in kinds if found else []:
            command = (PYTHON, *self._tool(f'tools/make_{kind}.py', '--profile'))
            command += (self.profile.name, '--results', self.results)
            folder = str(self.folders.results / kind / self.profile.name)
            job = Job(
                f'{kind}/{mark}', f'make the {kind}', command, (folder,), tuple(found), gpus=0
            )
            self.jobs[job.name] = job


def _who(facts: dict[str, Any]) -> str:
    return '-'.join(filter(None, (facts['method'], facts['variant'], facts['backbone'])))


def _options(options: dict[str, Any]) -> tuple[str, ...]:
    pairs = tuple(f'{key}={spelled(value)}' for key, value in options.items())
    return ('--cfg-options', *pairs) if pairs else ()
