"""What is done, running or failed: small files in the workflow's folder, checked against reality.

``done/<job>.json``     the marker, written when the job's products were found whole: they and what
                        they were made of, each with size and time
``state/<job>.json``    the last attempt
``outcome/<job>.json``  what its tool handed over
``progress/<job>.json`` how far its tool is
``locks/<job>``         held by the kernel as long as a process of the job lives

What is to run is said by :func:`to_do` and nowhere else: plan, status and run ask it, and the
workflow runs what it says. Data are no stamps: records and work directories hold the digest of what
they were made of, and :class:`Data` compares it with what is here.
"""

from __future__ import annotations

import json
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mlfo_mm.benchmark.jobs import EVALUATIONS, Job, Plan
from mlfo_mm.benchmark.locks import lock
from mlfo_mm.datasets.annotation import Subset, find_dataset, list_file
from mlfo_mm.datasets.content import TRAINED_ON, list_facts
from mlfo_mm.errors import UserError
from mlfo_mm.files import file_sha256, write_atomic
from mlfo_mm.study.identity import contents

POSTPONED = 'postponed'  # a run had no time left for it: not begun, or asked to save and end
Stamps = dict[str, list[int]]
# which list of its data set a record's role is; of a pretraining, the checkpoint's folder says it
SUBSETS: dict[str, Subset] = {'test': 'test', 'training': 'train'}


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
    def outcome(self) -> Path:
        """What its tool handed over."""
        return self.folder / 'outcome' / f'{self.name}.json'

    @property
    def progress(self) -> Path:
        """How far its tool is."""
        return self.folder / 'progress' / f'{self.name}.json'

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
        if not path.is_file():  # a pipe would keep us waiting
            return {}
        found = json.loads(path.read_text())
    except (OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def write(path: Path, **content: object) -> None:
    """Write a marker or state file."""
    write_atomic(path, json.dumps(content, indent=1) + '\n')


def whole(path: Path) -> bool:
    """Whether a checkpoint is there and every part of it has its checksum."""
    if not path.is_file():  # a pipe would keep its reader waiting
        return False
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.testzip() is None
    except (OSError, zipfile.BadZipFile, ValueError, NotImplementedError, zlib.error):
        return False


def products(plan: Plan, job: Job) -> list[Path]:
    """Files and folders that a job makes."""
    if job.rule == 'data':
        return [_data(plan, name) for name in job.facts['datasets']]
    return [Path(plan.cwd, path) for path in job.products]


def _data(plan: Plan, name: str) -> Path:
    try:
        return find_dataset(name).absolute()
    except UserError:
        return Path(plan.cwd, 'data', name)


def stamps(plan: Plan, job: Job) -> Stamps | None:
    """Size and time of what a job has made; None where part of it is not there.

    Of a pretraining only the checkpoint's: its record may be written anew.
    """
    paths = products(plan, job)
    try:
        found = {str(path): [path.stat().st_size, path.stat().st_mtime_ns] for path in paths}
    except OSError:
        return None
    kept = paths if job.checkpoint is None else paths[:1]
    return {str(path): found[str(path)] for path in kept}


def made_of(plan: Plan, job: Job) -> dict[str, Stamps]:
    """Stamps of what a job is made of, as the markers have them."""
    markers = {name: read(Files(Path(plan.folder), name).marker) for name in job.sources}
    return {name: marker['products'] for name, marker in markers.items() if 'products' in marker}


def mark(plan: Plan, job: Job, sources: dict[str, Stamps], seconds: float | None = None) -> None:
    """Mark a job as done.

    Args:
        plan: The plan.
        job: The job; its products are there.
        sources: What it was made of.
        seconds: It took from start to end; None where only part of it was left to do.
    """
    known = dict(products=stamps(plan, job), made_of=sources, seconds=seconds)
    write(files(plan, job).marker, **known, weights=weights_of(plan, job))


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


def to_do(plan: Plan) -> tuple[list[Job], bool]:
    """Jobs that a run would run, and whether a run is under way: then the markers are its own."""
    with lock(runner_lock(plan), wait=False) as free:
        if free is not None:
            reconcile(plan)
    return open_jobs(plan), free is None


def runner_lock(plan: Plan) -> Path:
    """The lock that a run holds."""
    return Path(plan.folder) / 'runner.lock'


def reconcile(plan: Plan) -> None:
    """Make the markers say what is really there: a job has one if it need not run.

    A finished checkpoint without a marker gets one; a marker without its products goes, and one of
    what was made of other files or other data than those that are there.
    """
    there: dict[str, Stamps] = {}
    facts = Data()
    other: set[str] = set()  # made of data that were changed since, or records of other weights
    for job in plan.jobs:
        path = files(plan, job).marker
        known, found = read(path), stamps(plan, job)
        sources = known.get('made_of')
        sources = sources if isinstance(sources, dict) else {}
        if facts.changed(plan, job):
            other.add(job.name)
        stale = any(sources.get(name) != there[name] for name in job.sources if name in there)
        stale |= bool(other & {job.name, *job.sources})
        same = known.get('products') == found
        same &= known.get('weights') in (None, weights_of(plan, job))
        if job.checkpoint is not None and not (same and recorded(plan, job)):
            known = dict(made_of={}, seconds=None) if pretrained(plan, job) else {}
            if not known and _of_others(plan, job):
                other.add(job.name)
        if found is None or not known or stale:
            path.unlink(missing_ok=True)
            continue
        there[job.name] = found
        if not same:
            write(path, **(known | dict(products=found, weights=weights_of(plan, job))))
    for job in open_jobs(plan):
        files(plan, job).marker.unlink(missing_ok=True)


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


class Data:
    """Whether data are still what jobs were made of; each list is looked at once."""

    def __init__(self) -> None:
        self._now: dict[tuple[str, int, Subset], str] = {}

    def changed(self, plan: Plan, job: Job) -> bool:
        """Whether a job was made of other data than those that are here now.

        What is not here, or was made before data were looked at, counts as unchanged.
        """
        if job.checkpoint is not None:
            told = read(job.checkpoint.parent / TRAINED_ON)
            return self._differs(told, told.get('content'), 'train')
        trained = {weights_of(plan, plan.job(name)) for name in job.sources} - {None}
        for path in products(plan, job) if job.rule in EVALUATIONS else ():
            record = read(path)
            if trained and sha256_in(record) not in (None, *trained):
                return True  # brought back from elsewhere
            for list_, content in contents(record.get('leakage', {})).items():
                subset = SUBSETS.get(list_.split()[0])
                if subset is not None and self._differs(record, content, subset):
                    return True
        return False

    def _differs(self, about: dict[str, Any], content: str | None, subset: Subset) -> bool:
        dataset, split = str(about.get('dataset')), about.get('split', 1)
        key = (dataset, split, subset)
        if content is not None and key not in self._now:
            try:
                path = list_file(find_dataset(dataset), subset, split)
                self._now[key] = list_facts(path)['content']
            except UserError:
                self._now[key] = ''
        return content is not None and self._now[key] not in ('', content)


def pretrained(plan: Plan, job: Job) -> bool:
    """Whether a pretraining's last checkpoint is whole and that of its record, of a finished one."""
    there = job.checkpoint is not None and recorded(plan, job) and whole(job.checkpoint)
    return there and not (_of_others(plan, job) or Data().changed(plan, job))


def _of_others(plan: Plan, job: Job) -> bool:
    """Whether a pretraining's record names other weights than those in its place."""
    told, path = weights_of(plan, job), job.checkpoint
    return bool(told and path and path.is_file()) and told != file_sha256(path)


def weights_of(plan: Plan, job: Job) -> str | None:
    """SHA-256 of the weights that a pretraining's record is of; None of other jobs."""
    records = products(plan, job)[1:] if job.checkpoint is not None else []
    return next(filter(None, map(sha256_in, map(read, records))), None)


def sha256_in(record: dict[str, Any]) -> str | None:
    """SHA-256 of the weights that a record is of; None of random ones."""
    return (record.get('checkpoint') or {}).get('sha256')


def recorded(plan: Plan, job: Job) -> bool:
    """Whether a pretraining's record is there, and not that of an attempt that broke off."""
    return all(read(path).get('status') == 'done' for path in products(plan, job)[1:])
