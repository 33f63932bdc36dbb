"""Jobs of the workflow, and the plan that holds them."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from mlfo_mm.files import write_atomic
from mlfo_mm.study.identity import NO_CHECKPOINT, Pretraining, Protocol, evaluation_identity
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
        products: Paths of what it makes; a pretraining's last checkpoint comes first. Where data
            will lie is not known before.
        needs: Names of the jobs that come before.
        priority: The higher, the earlier.
        gpus: GPUs that it uses where there are any.
        facts: What it works on: ``method``, ``variant``, ``backbone``, ``seed``; an evaluation's
            ``datasets``, ``trains`` (which of the plan's pretrainings), ``tasks``, ``checkpoint``;
            a pretraining's ``recorder``, the command that writes only its record.
    """

    name: str
    title: str
    command: tuple[str, ...]
    products: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    priority: int = 0
    gpus: int = 1
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def rule(self) -> str:
        """Its kind, of ``RULES``."""
        return self.name.split('/')[0]

    @property
    def hands_over(self) -> bool:
        """Whether its tool says in a file what it made."""
        return self.rule in ('pretrain', *EVALUATIONS)

    @property
    def sources(self) -> tuple[str, ...]:
        """Those of its needs that it has to follow when they are made anew; data by content."""
        return tuple(name for name in self.needs if not name.startswith('data/'))

    @property
    def checkpoint(self) -> Path | None:
        """A pretraining's last checkpoint."""
        return Path(self.products[0]) if self.rule == 'pretrain' else None


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
        trained: The pretrainings, by how they are spelled with their options.
        protocols: The protocols, by task; of no data set yet.
        todo: Names of the jobs that this run runs: the workflow runs these and no others.
        gpus: Identifiers of the GPUs that jobs share; none on a CPU or where a cluster assigns them.
        threads: CPU threads of a job.
        cluster: Whether they are submitted to a cluster, which is asked for what each needs.
        until: When a run ends that has only so much time, in seconds of the clock; 0 for any time.
        expected: Seconds that jobs will take, by their names, where that is known.
    """

    profile: str
    root: str
    cwd: str
    folder: str
    results: str
    jobs: list[Job] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    trained: dict[str, Pretraining] = field(default_factory=dict)
    protocols: dict[str, Protocol] = field(default_factory=dict)
    todo: tuple[str, ...] = ()
    gpus: tuple[str, ...] = ()
    threads: int = 1
    cluster: bool = False
    until: float = 0.0
    expected: dict[str, float] = field(default_factory=dict)

    def in_time(self, job: Job, now: float) -> bool:
        """Whether to begin a job: it will end in time, or goes on later where it was stopped."""
        needed = 0.0 if job.checkpoint is not None else self.expected.get(job.name, 0.0)
        return not self.until or now + needed < self.until

    def job(self, name: str) -> Job:
        """The job of a name."""
        return next(job for job in self.jobs if job.name == name)

    def identities(self, facts: Mapping[str, Any]) -> list[dict[str, Any]]:
        """What the records of an evaluation are records of, by its facts: one for each task and set."""
        run, untrained = self.trained[facts['trains']], facts['checkpoint'] == NO_CHECKPOINT
        protocols = [
            replace(self.protocols[task], dataset=dataset, skip_broken=facts['skip_broken'])
            for dataset in facts['datasets']
            for task in facts['tasks']
        ]
        return [evaluation_identity(run, each, facts['seed'], untrained) for each in protocols]

    def write(self) -> Path:
        """Write it for the workflow, as ``plan.json`` in its folder."""
        return write_atomic(Path(self.folder) / 'plan.json', json.dumps(asdict(self), indent=1))


def read_plan(path: str | Path) -> Plan:
    """Read a plan that was written."""
    data = json.loads(Path(path).read_text())
    tuples = ('command', 'products', 'needs')
    jobs = [Job(**(job | {key: tuple(job[key]) for key in tuples})) for job in data.pop('jobs')]
    trained = {name: Pretraining(**each) for name, each in data.pop('trained').items()}
    protocols = {task: Protocol(**each) for task, each in data.pop('protocols').items()}
    plain = data | dict(gpus=tuple(data['gpus']), todo=tuple(data['todo']))
    return Plan(**plain, jobs=jobs, trained=trained, protocols=protocols)
