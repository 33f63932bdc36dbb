"""How long jobs take, judged by earlier ones of the same profile."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from statistics import fmean

from mlfo_mm.benchmark.jobs import EVALUATIONS, Job, Plan
from mlfo_mm.benchmark.state import files, read
from mlfo_mm.study.records import load_records

START_S = 10.0  # what a tool takes before it begins: imports, configs, checkpoint
REPORT_S = 10.0  # tables or figures


class Estimates:
    """Mean seconds of earlier jobs, by what they have in common with a new one."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.known: dict[tuple[str, ...], list[float]] = {}
        for record in load_records(Path(plan.cwd, plan.results), plan.profile):
            if record.status != 'done':
                continue
            spent = record.cost.get('wall_time_s', record.wall_time_s)
            self._add(record.task, record.backbone, record.method, record.variant, spent)
        for job in plan.jobs:
            self.learn(job)

    def learn(self, job: Job) -> None:
        """Take the time of a job that is done, where it was measured from start to end."""
        seconds = read(files(self.plan, job).marker).get('seconds')
        if seconds is None or job.rule not in ('pretrain', *EVALUATIONS):
            return
        facts, parts = job.facts, _parts(job)
        for task in parts:
            share = (seconds - START_S) / len(parts)
            self._add(task, facts['backbone'], facts['method'], facts['variant'], max(share, 0.0))

    def _add(self, kind: str, backbone: str, method: str, variant: str, seconds: float) -> None:
        for size in range(4):
            self.known.setdefault((kind, backbone, method, variant)[: size + 1], []).append(seconds)

    def seconds(self, job: Job) -> float | None:
        """Seconds that a job will take, None where nothing like it was done before."""
        if job.rule not in ('pretrain', *EVALUATIONS):
            return REPORT_S
        facts, total = job.facts, START_S
        for task in _parts(job):
            key = (task, facts['backbone'], facts['method'], facts['variant'])
            near = next((key[:n] for n in (4, 3, 2, 1) if key[:n] in self.known), None)
            if near is None:
                return None
            total += fmean(self.known[near])
        return total

    def left(self, jobs: Iterable[Job], spent: dict[str, float], slots: int) -> float | None:
        """Seconds until all jobs are done; ``spent`` holds those of the running ones.

        None where too little is known: more than half of the jobs are like none before.
        """
        jobs = list(jobs)
        guesses = {job.name: self.seconds(job) for job in jobs}
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


def _parts(job: Job) -> list[str]:
    """What a job is made of: each task as often as it has data sets."""
    facts = job.facts
    return facts.get('tasks', ['pretrain']) * len(facts.get('datasets', ['']))


def spell(seconds: float) -> str:
    """A duration in words."""
    minutes = round(seconds / 60)
    if seconds < 90:
        return f'{round(seconds)} s'
    if minutes < 90:
        return f'{minutes} min'
    hours, minutes = divmod(round(minutes, -1 if minutes > 300 else 0), 60)
    return f'{hours} h {minutes} min' if minutes else f'{hours} h'
