"""How long jobs take, judged by earlier ones of the same profile, as large as their data are."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import Any

from mlfo_mm.benchmark.jobs import EVALUATIONS, Job, Plan
from mlfo_mm.benchmark.sizes import Sizes
from mlfo_mm.benchmark.state import files, read
from mlfo_mm.study.config_text import look_up, read_values
from mlfo_mm.study.records import Record, load_records
from mlfo_mm.study.tasks import PRETRAIN

START_S = 10.0  # what a tool takes before it begins: imports, configs, checkpoint
REPORT_S = 10.0  # tables or figures
Key = tuple[str, ...]


@dataclass(frozen=True)
class Part:
    """A task on a data set, of a job or of one that is done.

    Attributes:
        key: Task, backbone, method, variant: what two parts may have in common.
        dataset: Its name.
        videos: That it goes over; None where that is not known.
        epochs: How often; None where that is not known.
    """

    key: Key
    dataset: str
    videos: int | None
    epochs: float | None = None

    def times(self, other: Part) -> float | None:
        """How many times the work of another part it is; None where that cannot be said."""
        if self.videos and other.videos:
            scale = self.videos / other.videos
        elif self.dataset == other.dataset:
            scale = 1.0
        else:
            return None
        return scale * self.epochs / other.epochs if self.epochs and other.epochs else scale


@dataclass(frozen=True)
class Spent:
    """What a part took, and where that was measured: empty for here."""

    part: Part
    seconds: float
    machine: str = ''


class Estimates:
    """Seconds of jobs by earlier parts, by what they have in common with new ones.

    Own ones tell more than those that are shipped, which are of another machine.
    """

    def __init__(self, plan: Plan) -> None:
        self.plan, self.sizes = plan, Sizes()
        self.own: dict[Key, list[Spent]] = {}
        self.shipped: dict[Key, list[Spent]] = {}
        self._epochs: dict[str, float | None] = {}
        for record in load_records(Path(plan.cwd, plan.results), plan.profile, with_reference=True):
            if record.status == 'done':
                seconds = record.cost.get('wall_time_s', record.wall_time_s)
                self._add(Spent(_part_of(record), seconds, _machine(record)))
        for job in plan.jobs:
            self.learn(job)

    def learn(self, job: Job) -> None:
        """Take the time of a job that is done, where it was measured from start to end."""
        seconds = read(files(self.plan, job).marker).get('seconds')
        if seconds is None or job.rule not in ('pretrain', *EVALUATIONS):
            return
        parts = self.parts(job)
        for part in parts:
            self._add(Spent(part, max((seconds - START_S) / len(parts), 0.0)))

    def _add(self, spent: Spent) -> None:
        known = self.shipped if spent.machine else self.own
        for size in range(1, len(spent.part.key) + 1):
            known.setdefault(spent.part.key[:size], []).append(spent)

    def parts(self, job: Job) -> list[Part]:
        """What a job is made of: each task on each of its data sets."""
        facts = job.facts
        who = (facts['backbone'], facts['method'], facts['variant'])
        if job.rule == 'pretrain':
            run = self.plan.trained[facts['trains']]
            size = self.sizes(run.dataset)
            videos = None if size is None else size.train
            return [Part((PRETRAIN, *who), run.dataset, videos, self._epochs_of(facts['trains']))]
        sizes = {name: self.sizes(name) for name in facts['datasets']}
        videos_of = {name: None if size is None else sum(size) for name, size in sizes.items()}
        return [
            Part((task, *who), dataset, videos_of[dataset])
            for dataset in facts['datasets']
            for task in facts['tasks']
        ]

    def _epochs_of(self, trains: str) -> float | None:
        if trains not in self._epochs:
            values = read_values(self.plan.trained[trains].text)
            self._epochs[trains] = look_up(values, 'train_cfg.max_epochs')
        return self._epochs[trains]

    def told(self, job: Job) -> tuple[float, set[str]] | None:
        """Seconds that a job will take, and the machines that say so; None if nothing like it was done."""
        if job.rule not in ('pretrain', *EVALUATIONS):
            return REPORT_S, set()
        total, machines = START_S, set[str]()
        for part in self.parts(job):
            found = self._nearest(part)
            if found is None:
                return None
            total += fmean(seconds for seconds, _ in found)
            machines |= {machine for _, machine in found}
        return total, machines

    def seconds(self, job: Job) -> float | None:
        """Seconds that a job will take, None where nothing like it was done before."""
        told = self.told(job)
        return None if told is None else told[0]

    def _nearest(self, part: Part) -> list[tuple[float, str]] | None:
        for known in (self.own, self.shipped):
            for size in range(len(part.key), 0, -1):
                spent = known.get(part.key[:size], [])
                scaled = [(part.times(each.part), each) for each in spent]
                found = [(t * each.seconds, each.machine) for t, each in scaled if t is not None]
                if found:
                    return found
        return None

    def left(
        self,
        jobs: Iterable[Job],
        spent: Mapping[str, float],
        slots: int,
        pace: Mapping[str, float] | None = None,
    ) -> float | None:
        """Seconds until all jobs are done.

        None where too little is known: more than half of the jobs are like none before.

        Args:
            jobs: Those that are not done.
            spent: Seconds of the running ones so far.
            slots: Jobs at a time.
            pace: Seconds left of running ones where they say it themselves.
        """
        jobs = list(jobs)
        guesses = {job.name: self.seconds(job) for job in jobs}
        guesses |= {name: spent.get(name, 0.0) + seconds for name, seconds in (pace or {}).items()}
        told = [seconds for seconds in guesses.values() if seconds is not None]
        if 2 * len(told) < len(jobs) or not told:
            return None
        left = {
            name: max((fmean(told) if seconds is None else seconds) - spent.get(name, 0.0), 0.0)
            for name, seconds in guesses.items()
        }
        chains = [
            left[job.name] + max((left.get(name, 0.0) for name in job.needs), default=0.0)
            for job in jobs
        ]
        return max([sum(left.values()) / max(slots, 1), *chains])


def _part_of(record: Record) -> Part:
    key = (record.task, record.backbone, record.method, record.variant)
    train, test = (record.n_samples[name]['expected'] for name in ('train', 'test'))
    if record.task != PRETRAIN:
        return Part(key, record.dataset, train + test)
    epochs = [epoch for epoch in record.curves.get('epoch', []) if epoch is not None]
    return Part(key, record.pretrain_dataset, train, max(epochs, default=None))


def _machine(record: Record) -> str:
    """The machine of a shipped record in words; empty for one's own."""
    if not record.reference:
        return ''
    hardware: dict[str, Any] = record.hardware
    gpus = ', '.join(map(str, hardware.get('gpus') or ()))
    return gpus or f'{hardware.get("cpu", "another machine")}, {hardware.get("cores", "?")} cores'
