"""What a plan takes: time by earlier runs, GPU hours, cores and disk by arithmetic, for each table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from rich.table import Table

from mlfo_mm.benchmark.arithmetic import (
    CARD,
    CORES,
    Work,
    decode_rate,
    feeding_cores,
    hours,
    network_of,
    work_of,
)
from mlfo_mm.benchmark.estimate import START_S, Estimates
from mlfo_mm.benchmark.jobs import EVALUATIONS, Job, Plan
from mlfo_mm.progress import spell
from mlfo_mm.study.profiles import PROFILES

FED = 8  # GPUs whose need of cores is said
UNKNOWN = 'unknown'
SMALL = 10  # numbers below it have a digit after the point


@dataclass(frozen=True)
class Told:
    """What is known of a job.

    Attributes:
        work: By arithmetic, of the paper's size alone; None where it is not known.
        seconds: By earlier runs; None where there was none like it.
        machines: Of those runs; empty for one's own.
    """

    work: Work | None
    seconds: float | None
    machines: frozenset[str] = frozenset()


class Resources:
    """What the jobs of a plan take, each looked at once."""

    def __init__(self, plan: Plan, estimates: Estimates) -> None:
        self.plan, self.estimates, self.rate = plan, estimates, decode_rate()
        self.counted = PROFILES[plan.profile].paper and self.rate is not None
        self.told = {job.name: self._tell(job) for job in plan.jobs if _works(job)}

    def _tell(self, job: Job) -> Told:
        told = self.estimates.told(job)
        work = None
        if self.counted:
            network = network_of(self.plan, job)
            work = work_of(self.plan, job, self.estimates.sizes, network)
        if told is None:
            return Told(work, None)
        return Told(work, told[0], frozenset(told[1]))

    def gpu_hours(self, job: Job) -> float | None:
        """GPU hours of a job, by one's own runs, else by arithmetic; None where neither tells."""
        told = self.told[job.name]
        if told.seconds is not None and not any(told.machines):
            return told.seconds * job.gpus / 3600
        if told.work is None or self.rate is None:
            return None
        computed, decoded = hours(told.work.flops, told.work.samples, 1, self.rate)
        return max(computed, decoded) + START_S / 3600 * job.gpus

    def table(self, jobs: Sequence[Job]) -> Table:
        """A row for each table of the choice, and for all: a job of two tables is one in all."""
        works = [job for job in jobs if job.name in self.told]
        names = list(dict.fromkeys(name for job in works for name in job.facts['tables']))
        table = Table('', 'jobs', *self._heads())
        for name in names:
            table.add_row(name, *self._row([job for job in works if name in job.facts['tables']]))
        if len(names) > 1:
            table.add_row('all', *self._row(works), style='bold')
        return table

    def _heads(self) -> tuple[str, ...]:
        if not self.counted:
            return ('time, one after the other',)
        return (
            f'GPU hours, {CORES} cores a GPU',
            'computing alone',
            f'cores that feed {FED} GPUs',
            'of the hungriest pretraining',
            'checkpoints',
            'features',
        )

    def _row(self, jobs: Sequence[Job]) -> tuple[str, ...]:
        if not self.counted:
            seconds = [self.told[job.name].seconds for job in jobs]
            known = [each for each in seconds if each is not None]
            return str(len(jobs)), _partly(spell(sum(known)), len(known), len(jobs))
        spent = [each for each in map(self.gpu_hours, jobs) if each is not None]
        works = [w for job in jobs if (w := self.told[job.name].work) is not None]
        total, rate = sum(works, Work()), self.rate or 1.0
        trained = [self.told[job.name].work for job in jobs if job.rule == 'pretrain']
        most = max((feeding_cores(work, FED, rate) for work in trained if work), default=0.0)

        def partly(text: str) -> str:
            return _partly(text, len(works), len(jobs))

        return (
            str(len(jobs)),
            _partly(_number(sum(spent)), len(spent), len(jobs)),
            partly(_number(hours(total.flops, 0, 1, rate)[0])),
            partly(f'{feeding_cores(total, FED, rate):.0f}'),
            f'{most:.0f}' if most else UNKNOWN,
            partly(_size(total.checkpoints)),
            partly(_size(total.features)),
        )

    def sources(self, jobs: Sequence[Job]) -> list[str]:
        """Lines that say what the numbers rest on."""
        found: Counter[str] = Counter()
        for job in jobs:
            told = self.told.get(job.name)
            if told is None:
                continue
            own = told.seconds is not None and not any(told.machines)
            if own:
                found['earlier runs here'] += 1
            elif told.work is not None:
                found[f'the arithmetic of docs/gpu.md: {CARD}, nothing measured'] += 1
            elif told.seconds is not None:
                found[f'shipped results of {" and ".join(sorted(told.machines - {""}))}'] += 1
            else:
                found['nothing: unknown'] += 1
        return [f'  {count} jobs by {source}' for source, count in found.items()]

    def sizes(self, jobs: Sequence[Job]) -> str:
        """Videos of the data sets that the estimates are made for."""
        names = dict.fromkeys(
            name
            for job in jobs
            if job.name in self.told
            for name in (
                self.plan.trained[job.facts['trains']].dataset,
                *job.facts.get('datasets', ()),
            )
        )
        sizes = {name: self.estimates.sizes(name) for name in names}
        told = [
            f'{name} {UNKNOWN}' if size is None else f'{name} {size.train:,} + {size.test:,}'
            for name, size in sizes.items()
        ]
        return f'videos (training + test): {", ".join(told)}'


def _works(job: Job) -> bool:
    return job.rule in ('pretrain', *EVALUATIONS)


def _partly(text: str, known: int, asked: int) -> str:
    if not known:
        return UNKNOWN
    return text if known == asked else f'{text} ({asked - known} {UNKNOWN})'


def _number(value: float) -> str:
    return f'{value:.1f}' if value < SMALL else f'{value:,.0f}'


def _size(size: float) -> str:
    """Bytes in GB."""
    return f'{_number(size / 1e9)} GB'
