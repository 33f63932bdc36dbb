"""The runner's lines on the terminal: what began, what ended, how long it will take."""

from __future__ import annotations

import time
from collections.abc import Sequence
from types import TracebackType
from typing import Protocol

from rich.console import Console
from rich.status import Status

from mlfo_mm.benchmark.estimate import Estimates
from mlfo_mm.benchmark.jobs import Job, Plan
from mlfo_mm.benchmark.state import POSTPONED, files, read
from mlfo_mm.progress import read_progress, spell

# without a terminal, a sign of life after this part of the time so far, within these seconds
SILENCE, SILENCE_S = 1 / 50, (10.0, 600.0)


class Slots(Protocol):
    """What says how many jobs run at a time."""

    @property
    def jobs(self) -> int:
        """Jobs at a time."""


class Follower:
    """Follows a run by its markers and state files.

    Args:
        plan: The plan.
        jobs: Those of its jobs that are to run.
        slots: How many run at a time.
        console: Where to print.
    """

    def __init__(self, plan: Plan, jobs: Sequence[Job], slots: Slots, console: Console) -> None:
        self.plan, self.slots, self.console = plan, slots, console
        self.open = {job.name: job for job in jobs}
        self.began: dict[str, float] = {}
        self.start = self.spoke = time.time()
        self.failed = 0
        self.estimates = Estimates(plan)
        self.line: Status | None = console.status('starting') if console.is_terminal else None

    def __enter__(self) -> Follower:
        """Begin to show the line of what is running, on a terminal."""
        self._say(f'{self._left() or "no earlier run tells how long this takes"}')
        if self.line is not None:
            self.line.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Take the line away."""
        if self.line is not None:
            self.line.stop()

    def update(self) -> None:
        """Print what has changed since the last call."""
        for name, job in list(self.open.items()):
            found = files(self.plan, job)
            state = read(found.state)
            if not state or state['status'] == POSTPONED:
                continue
            if name not in self.began:
                self.began[name] = state['start']
                if self.line is None:
                    self._say(f'{job.title} ... began')
            if state['status'] == 'failed':
                self._end(job, f'FAILED: {state["reason"]} (log: {found.log})')
                self.failed += 1
            elif found.marker.is_file():
                self.estimates.learn(job)
                spent = state.get('end', time.time()) - self.began[name]
                self._end(job, f'done in {spell(spent)}')
        if self.line is not None:
            self.line.update(self._running())
        elif time.time() - self.spoke > self._silence():
            self._say(self._running())

    def _silence(self) -> float:
        least, most = SILENCE_S
        return min(most, max(least, (time.time() - self.start) * SILENCE))

    def _end(self, job: Job, how: str) -> None:
        del self.open[job.name]
        done = len(self.plan.jobs) - len(self.open)
        left = self._left() if self.open else ''
        line = f'[{done}/{len(self.plan.jobs)}] {job.title} ... {how}'
        self._say(f'{line}; {left}' if left else line)

    def _running(self) -> str:
        now = time.time()
        running = [
            f'{self.open[name].title} ({how_far(self.plan, self.open[name], now, start)})'
            for name, start in self.began.items()
            if name in self.open
        ]
        done = len(self.plan.jobs) - len(self.open)
        parts = [
            f'{done}/{len(self.plan.jobs)} after {spell(now - self.start)}',
            self._left(),
            ', '.join(running),
        ]
        return '; '.join(filter(None, parts))

    def _left(self) -> str:
        now = time.time()
        spent = {name: now - self.began[name] for name in self.open if name in self.began}
        told = {name: _told(self.plan, self.open[name], now) for name in spent}
        known = {name: seconds for name, seconds in told.items() if seconds is not None}
        seconds = self.estimates.left(self.open.values(), spent, self.slots.jobs, known)
        return f'about {spell(seconds)} left' if round(seconds or 0) else ''  # all that ran out

    def _say(self, text: str) -> None:
        self.spoke = time.time()
        self.console.print(text, highlight=False, markup=False, soft_wrap=True)


def how_far(plan: Plan, job: Job, now: float, start: float) -> str:
    """How far a running job is: what its tool last said, and how long it has run."""
    said = read_progress(files(plan, job).progress)
    parts = [spell(now - start)]
    if said is not None:
        parts.insert(0, said.what)
        left = said.left_at(now)
        if round(left or 0):  # one that ran out says nothing
            parts.append(f'about {spell(left)} left of it')
    return ', '.join(parts)


def _told(plan: Plan, job: Job, now: float) -> float | None:
    """Seconds left of a training by its own pace; of an evaluation, a part alone is told."""
    if job.rule != 'pretrain':
        return None
    said = read_progress(files(plan, job).progress)
    return None if said is None else said.left_at(now)
