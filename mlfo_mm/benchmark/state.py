"""What is done, running or failed: small files in the workflow's folder, checked against reality.

``done/<job>.json``   the marker, written when the job's product was found whole
``state/<job>.json``  the last attempt
``locks/<job>``       held by the kernel as long as a process of the job lives
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import time
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mlfo_mm.benchmark.jobs import Job, Plan
from mlfo_mm.files import write_atomic


@contextlib.contextmanager
def lock(path: Path, wait: bool) -> Iterator[int | None]:
    """Hold a lock file; yields its descriptor, or None where another process holds it.

    A process that inherits the descriptor holds the lock too: it is free when all of them are gone.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
        except BlockingIOError:
            yield None
        else:
            yield descriptor
    finally:
        os.close(descriptor)


@dataclass(frozen=True)
class Files:
    """Files of one job."""

    folder: Path
    name: str

    @property
    def marker(self) -> Path:
        """Exists if the job is done."""
        return self.folder / 'done' / f'{self.name}.json'

    @property
    def state(self) -> Path:
        """The last attempt."""
        return self.folder / 'state' / f'{self.name}.json'

    @property
    def log(self) -> Path:
        """Output of all attempts."""
        return self.folder / 'logs' / f'{self.name}.log'

    @property
    def lock(self) -> Path:
        """The lock file."""
        return self.folder / 'locks' / self.name


def files(plan: Plan, job: Job) -> Files:
    """Files of a plan's job."""
    return Files(Path(plan.folder), job.name)


def read(path: Path) -> dict[str, Any]:
    """Content of a marker or state file; empty if there is none."""
    try:
        return json.loads(path.read_text())
    except (OSError, ValueError):
        return {}


def write(path: Path, **content: object) -> None:
    """Write a marker or state file."""
    write_atomic(path, json.dumps(content, indent=1) + '\n')


def whole(path: Path) -> bool:
    """Whether a checkpoint is there and every part of it has its checksum."""
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.testzip() is None
    except (OSError, zipfile.BadZipFile):
        return False


def stamp(path: Path) -> list[int]:
    """Size and time of a file: another checkpoint under the same name is another one."""
    status = path.stat()
    return [status.st_size, status.st_mtime_ns]


def status(plan: Plan, job: Job) -> str:
    """One of done, running, stopped, failed, to do."""
    found = files(plan, job)
    if found.marker.is_file():
        return 'done'
    state = read(found.state)
    if state.get('status') == 'failed':
        return 'failed'
    if state.get('status') != 'running':
        return 'to do'
    with lock(found.lock, wait=False) as free:
        return 'stopped' if free is not None else 'running'


def reconcile(plan: Plan) -> None:
    """Make the markers say what is really there: checkpoints, records, tables.

    A finished checkpoint without a marker gets one; a marker without its product goes, and one
    that is older than what it was made of.
    """
    times: dict[str, int] = {}
    for job in plan.jobs:
        found = files(plan, job)
        marker = read(found.marker)
        if job.checkpoint is not None:
            _mark_checkpoint(plan, job, found.marker, marker)
        elif not (marker and all(_lies(plan, job, path) for path in marker['products'])):
            found.marker.unlink(missing_ok=True)
        if found.marker.is_file():
            times[job.name] = found.marker.stat().st_mtime_ns
            newest = max(
                (times.get(n, 0) for n in job.needs if not n.startswith('data/')), default=0
            )
            if newest > times[job.name]:
                found.marker.unlink()
                del times[job.name]


def open_jobs(plan: Plan) -> list[Job]:
    """Jobs that are to run: results that are not there, and what they need and is not there.

    What is made anew makes all that was made of it anew.
    """
    there = {job.name for job in plan.jobs if files(plan, job).marker.is_file()}
    jobs = {job.name: job for job in plan.jobs}
    found: set[str] = set()
    new = {name for name, job in jobs.items() if job.rule not in ('data', 'pretrain')} - there
    while new:
        found |= new
        needed = {need for name in new for need in jobs[name].needs} - there
        stale = {name for name, job in jobs.items() if found & set(job.sources)}
        new = (needed | stale) - found
    return [job for job in plan.jobs if job.name in found]


def _lies(plan: Plan, job: Job, product: str) -> bool:
    mine = job.rule == 'data' or Path(product).is_relative_to(Path(plan.cwd, plan.results))
    return mine and Path(product).exists()


def record_of(plan: Plan, job: Job) -> list[Path]:
    """A pretraining's record."""
    return [Path(plan.cwd, job.facts['record'])] if 'record' in job.facts else []


def pretrained(plan: Plan, job: Job) -> bool:
    """Whether a pretraining's last checkpoint is whole and its record is there."""
    recorded = all(path.is_file() for path in record_of(plan, job))
    return recorded and job.checkpoint is not None and whole(job.checkpoint)


def _mark_checkpoint(plan: Plan, job: Job, marker: Path, known: dict[str, Any]) -> None:
    checkpoint = job.checkpoint
    assert checkpoint is not None
    recorded = all(path.is_file() for path in record_of(plan, job))
    if recorded and checkpoint.is_file() and known.get('stamp') == stamp(checkpoint):
        return
    if not pretrained(plan, job):
        marker.unlink(missing_ok=True)
        return
    write(marker, products=[str(checkpoint)], stamp=stamp(checkpoint), seconds=None)
    # as old as what it stands for: evaluations of this checkpoint remain valid
    os.utime(marker, ns=(time.time_ns(), checkpoint.stat().st_mtime_ns))
