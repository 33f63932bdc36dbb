"""Jobs of the workflow, and the plan that holds them."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from mlfo_mm.files import write_atomic
from mlfo_mm.study.tasks import TASKS

# frozen tasks of a run share a job, each of the others has a rule, and resources, of its own
EVALUATIONS = ('evaluate', *(task.key for task in TASKS.values() if not task.frozen))
RULES = ('data', 'pretrain', *EVALUATIONS, 'tables', 'figures')
PYTHON = '{python}'  # the interpreter of whoever runs the command


def executable(words: Iterable[str]) -> list[str]:
    """A command line with this interpreter in the place of ``PYTHON``."""
    return [sys.executable if word == PYTHON else word for word in words]


@dataclass(frozen=True)
class Job:
    """One rule of the workflow, applied.

    Attributes:
        name: ``<rule>/<identity>``; the identity holds hashes of the configs that it depends on.
        title: What the terminal calls it.
        command: Command line, as one would type it in the repository.
        needs: Names of the jobs that come before.
        priority: The higher, the earlier.
        gpus: GPUs that it uses where there are any.
        facts: What it works on: ``method``, ``variant``, ``backbone``, ``dataset``, ``seed``; a
            pretraining's ``work_dir`` and ``epochs``, an evaluation's ``run``, ``tasks``, ...
    """

    name: str
    title: str
    command: tuple[str, ...]
    needs: tuple[str, ...] = ()
    priority: int = 0
    gpus: int = 1
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def rule(self) -> str:
        """Its kind, of ``RULES``."""
        return self.name.split('/')[0]

    @property
    def sources(self) -> tuple[str, ...]:
        """Those of its needs that it has to follow when they are made anew; data are the same."""
        return tuple(name for name in self.needs if not name.startswith('data/'))

    @property
    def checkpoint(self) -> Path | None:
        """A pretraining's last checkpoint."""
        if self.rule != 'pretrain':
            return None
        return Path(self.facts['work_dir']) / f'epoch_{self.facts["epochs"]}.pth'


@dataclass
class Plan:
    """All jobs of a choice.

    Attributes:
        profile: Name of the profile.
        root: The repository.
        cwd: Where the commands run.
        folder: For the workflow's own files: markers, logs, locks.
        results: Folder of records and tables.
        jobs: Each after those that it needs.
        missing: What cannot run and why, a line each.
        gpus: Identifiers of the GPUs that jobs share; none on a CPU or where a cluster assigns them.
        threads: CPU threads of a job.
    """

    profile: str
    root: str
    cwd: str
    folder: str
    results: str
    jobs: list[Job] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    gpus: tuple[str, ...] = ()
    threads: int = 1

    def job(self, name: str) -> Job:
        """The job of a name."""
        return next(job for job in self.jobs if job.name == name)

    def write(self) -> Path:
        """Write it for the workflow, as ``plan.json`` in its folder."""
        return write_atomic(Path(self.folder) / 'plan.json', json.dumps(asdict(self), indent=1))


def read_plan(path: str | Path) -> Plan:
    """Read a plan that was written."""
    data = json.loads(Path(path).read_text())
    tuples = ('command', 'needs')
    jobs = [Job(**(job | {key: tuple(job[key]) for key in tuples})) for job in data.pop('jobs')]
    return Plan(**(data | dict(gpus=tuple(data['gpus']))), jobs=jobs)
