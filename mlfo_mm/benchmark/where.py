"""Where a command of the benchmark works: machine, folders, and what it may do there."""

from __future__ import annotations

from dataclasses import dataclass

from mlfo_mm.benchmark import runner
from mlfo_mm.benchmark.choice import Choice
from mlfo_mm.benchmark.folders import Folders
from mlfo_mm.benchmark.jobs import Plan
from mlfo_mm.benchmark.plan import make_plan
from mlfo_mm.benchmark.resolve import resolve


@dataclass(frozen=True)
class Where:
    """Where jobs run, where their files go, and for how many seconds (0: to the end).

    Attributes:
        folders: Of checkpoints, records and the workflow.
        jobs: Jobs at a time; None for as many as the machine has room for.
        gpus: GPUs to use; None for all.
        gpus_per_run: Of a pretraining; 0 for the profile's.
        executor: Snakemake's.
        workflow_profile: A folder with options of Snakemake, or the name of a shipped one.
        budget: Seconds.
        features: ``clean`` removes stored features.
        checkpoints: ``clean`` removes intermediate checkpoints.
        dry_run: ``clean`` only says what it would remove.
        page: What ``report`` shows: with the shipped records or not, tables, methods.
    """

    folders: Folders
    jobs: int | None = None
    gpus: int | None = None
    gpus_per_run: int = 0
    executor: str = ''
    workflow_profile: str = ''
    budget: float = 0.0
    features: bool = False
    checkpoints: bool = False
    dry_run: bool = False
    page: tuple[bool, tuple[str, ...], tuple[str, ...]] = (False, (), ())

    def machine(self) -> runner.Machine:
        """The machine, or the cluster."""
        return runner.this_machine(self.jobs, self.gpus, self.executor, self.workflow_profile)

    def plan(self, choice: Choice, without_data: bool = False) -> Plan:
        """The plan of a choice; jobs on data that are not here stand in it where that is asked for."""
        cache = self.folders.benchmark / 'configs.json'
        return make_plan(
            choice,
            self.folders,
            lambda questions: resolve(questions, self.folders.root, cache),
            self.gpus_per_run,
            without_data,
        )
