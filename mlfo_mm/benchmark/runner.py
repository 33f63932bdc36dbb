"""Run a plan with Snakemake and say how it goes; a run that was killed goes on where it was."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from rich.console import Console

from mlfo_mm.benchmark.estimate import Estimates
from mlfo_mm.benchmark.failures import write_failed
from mlfo_mm.benchmark.jobs import EVALUATIONS, Job, Plan
from mlfo_mm.benchmark.locks import lock
from mlfo_mm.benchmark.resolve import tool_environment
from mlfo_mm.benchmark.state import (
    POSTPONED,
    files,
    open_jobs,
    read,
    reconcile,
    runner_lock,
    status,
    write,
)
from mlfo_mm.benchmark.submissions import Submissions
from mlfo_mm.benchmark.terminal import Follower
from mlfo_mm.errors import UserError
from mlfo_mm.processes import die_with_parent

HERE = Path(__file__).resolve().parent
POLL_S = 0.3
COUNT_GPUS = """
import ctypes
cuda, count = ctypes.CDLL('libcuda.so.1'), ctypes.c_int()
if cuda.cuInit(0) == 0 and cuda.cuDeviceGetCount(ctypes.byref(count)) == 0:
    print(count.value)
"""  # in a process of its own: CUDA keeps what it was first told
RESERVE_S = 20.0  # of a budget, for saving what runs and for the tables
PATIENCE_S = 10.0  # a runner that was killed may take seconds to end


@dataclass(frozen=True)
class Machine:
    """Where jobs run: here, or on a cluster that Snakemake's executor submits to.

    Attributes:
        jobs: Jobs at a time.
        threads: CPU threads of a job.
        gpus: Identifiers of this machine's GPUs.
        executor: Snakemake's executor; empty for this machine.
        workflow_profile: Folder of a Snakemake workflow profile, or the name of a shipped one.
    """

    jobs: int
    threads: int
    gpus: tuple[str, ...] = ()
    executor: str = ''
    workflow_profile: str = ''

    @property
    def cluster(self) -> bool:
        """Whether jobs run elsewhere."""
        return bool(self.executor or self.workflow_profile)


def this_machine(jobs: int | None, gpus: int | None, executor: str, profile: str) -> Machine:
    """The machine as it is, within what the user asks for."""
    shipped = HERE / 'clusters' / profile
    if profile and not Path(profile).is_dir():
        if not shipped.is_dir():
            names = ', '.join(sorted(path.name for path in shipped.parent.iterdir()))
            raise UserError(f'--workflow-profile {profile}: no such folder, nor one of {names}')
        profile = str(shipped)
    if executor or profile:
        return Machine(jobs or 32, 1, (), executor, profile)
    cores = len(os.sched_getaffinity(0)) if hasattr(os, 'sched_getaffinity') else os.cpu_count()
    found = visible_gpus()
    if gpus is not None and gpus > len(found):
        raise UserError(f'--gpus {gpus}: {len(found)} found here')
    found = found if gpus is None else found[:gpus]
    jobs = jobs or (len(found) if found else min(cores or 1, 4))
    return Machine(jobs, max((cores or 1) // jobs, 1), found)


def visible_gpus() -> tuple[str, ...]:
    """Identifiers of the GPUs that CUDA shows, as CUDA_VISIBLE_DEVICES has them.

    CUDA itself is asked how many it shows: of that variable it takes what comes before the first
    entry that is none, such as -1.
    """
    asked = subprocess.run([sys.executable, '-c', COUNT_GPUS], capture_output=True, check=False)
    count = int(asked.stdout or 0)
    named = os.environ.get('CUDA_VISIBLE_DEVICES')
    if named is None:
        return tuple(map(str, range(count)))
    return tuple(name.strip() for name in named.split(',')[:count])


def snakemake_command(plan: Plan, machine: Machine) -> list[str]:
    """Snakemake's command line for a plan that was written."""
    command = [sys.executable, '-m', 'snakemake', '--snakefile', str(HERE / 'Snakefile')]
    command += ['--directory', plan.folder, '--config', f'plan={plan.folder}/plan.json']
    # the runner has a lock of its own; which jobs run is decided: none of them has a marker
    command += ['--nolock', '--keep-going', '--ignore-incomplete', '--rerun-triggers', 'mtime']
    command += ['--scheduler', 'greedy', '--latency-wait', '30' if machine.cluster else '2']
    if machine.workflow_profile:
        command += ['--workflow-profile', machine.workflow_profile]
    else:
        command += ['--workflow-profile', 'none']
    if machine.executor:
        command += ['--executor', machine.executor]
    if machine.cluster:
        command += ['--jobs', str(machine.jobs)]
        command += ['--slurm-jobname-prefix', job_name(plan)] if has_slurm() else []
    else:
        command += ['--profile', 'none']  # whatever SNAKEMAKE_PROFILE names, this machine is meant
        command += ['--cores', str(machine.jobs * machine.threads)]
        command += ['--resources', f'gpu={len(machine.gpus)}'] if machine.gpus else []
    return command


def job_name(plan: Plan) -> str:
    """What the names of a plan's jobs begin with in a queue; which job it is, their comment says."""
    return f'mlfo-{plan.profile}'


def has_slurm() -> bool:
    """Whether Snakemake can submit to Slurm here, and knows the options for it."""
    return importlib.util.find_spec('snakemake_executor_plugin_slurm') is not None


def write_plan(plan: Plan, machine: Machine, todo: Sequence[Job], until: float = 0.0) -> None:
    """Write the plan for a machine, with what is to run of it and, where time is short, until when."""
    plan.gpus, plan.threads, plan.until = machine.gpus, machine.threads, until
    plan.todo, plan.cluster = tuple(job.name for job in todo), machine.cluster
    if until or machine.cluster:
        estimates = Estimates(plan)
        told = {job.name: estimates.told(job) for job in todo}
        # another machine's times are no reason not to begin
        plan.expected = {name: one[0] for name, one in told.items() if one and not any(one[1])}
    plan.write()


@contextlib.contextmanager
def _only_runner(plan: Plan) -> Iterator[int]:
    """Hold the lock of a plan's folder."""
    path = runner_lock(plan)
    give_up = time.monotonic() + PATIENCE_S
    while True:
        with lock(path, wait=False) as held:
            if held is not None:
                os.truncate(held, 0)
                os.write(held, str(os.getpid()).encode())
                yield held
                return
        if time.monotonic() > give_up:
            raise UserError(
                f'the profile {plan.profile} is being run by process {path.read_text()}'
            )
        time.sleep(POLL_S)


def require_snakemake() -> None:
    """Say how to install what the runner needs beyond the package."""
    if importlib.util.find_spec('snakemake') is None:
        raise UserError(
            'Snakemake is not installed: make install, or pip install -c constraints.txt -e '
            '".[benchmark]"'
        )


@dataclass
class Ending:
    """How a run ended: names of failed jobs with their reasons, and those left out for them."""

    failed: dict[str, str] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)
    error: str = ''
    out_of_time: bool = False


def run(plan: Plan, machine: Machine, console: Console, budget: float = 0.0) -> Ending:
    """Run what is not done yet; a failed job does not stop the others.

    Args:
        plan: What there is to do.
        machine: Where.
        console: For what is said of it.
        budget: Seconds after which it ends, 0 for none: nothing is begun that would not end in time,
            and a pretraining that is running then saves what it has.
    """
    until = time.time() + budget - min(RESERVE_S, budget / 4) if budget else 0.0
    require_snakemake()
    with _only_runner(plan) as held:
        reconcile(plan)
        for job in plan.jobs:
            files(plan, job).state.unlink(missing_ok=True)
        open_now = open_jobs(plan)
        write_plan(plan, machine, open_now, until)
        console.print(
            f'{len(plan.jobs)} jobs: {len(plan.jobs) - len(open_now)} done before, '
            f'{len(open_now)} to do, {machine.jobs} at a time',
            highlight=False,
        )
        ending = Ending()
        if open_now:
            code, log = _snakemake(plan, machine, held, Follower(plan, open_now, machine, console))
            ending = _ending(plan, open_now, code, log)
        _report_failures(plan, ending)
        return ending


def _snakemake(plan: Plan, machine: Machine, held: int, follower: Follower) -> tuple[int, Path]:
    log = Path(plan.folder) / 'snakemake.log'
    with log.open('wb') as output:
        process = subprocess.Popen(
            snakemake_command(plan, machine),
            stdout=output,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            env=tool_environment(Path(plan.root)),
            pass_fds=[held],
            preexec_fn=die_with_parent,
        )
        submissions = Submissions(plan, log)
        with follower:
            while process.poll() is None:
                time.sleep(POLL_S)
                if machine.cluster:
                    submissions.look(time.monotonic())
                follower.update()
                if plan.until and time.time() > plan.until:
                    _stop(plan)
            if machine.cluster:
                submissions.look()
            follower.update()
    return process.returncode, log


def _stop(plan: Plan) -> None:
    """Ask the jobs that run here to save what they have and end; none begins any more."""
    for name in plan.todo:
        found = files(plan, plan.job(name))
        state = read(found.state)
        with lock(found.lock, wait=False) as free:
            if free is None and state.get('status') == 'running':
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.kill(int(state['pid']), signal.SIGTERM)
                write(found.state, **(state | dict(status=POSTPONED)))


def _ending(plan: Plan, jobs: Sequence[Job], code: int, log: Path) -> Ending:
    ending = Ending()
    for job in jobs:
        found = status(plan, job)
        if found == 'failed':
            ending.failed[job.name] = str(read(files(plan, job).state).get('reason'))
        elif found != 'done':
            ending.left_out.append(job.name)
            ending.out_of_time |= read(files(plan, job).state).get('status') == POSTPONED
    if (code or ending.left_out) and not (ending.failed or ending.out_of_time):
        said = '; '.join(_last(log.read_text(errors='replace'), 3))
        ending.error = f'Snakemake ended with {code} ({said}); log: {log}'
    return ending


def _report_failures(plan: Plan, ending: Ending) -> None:
    """Write records of what failed before it could write one itself."""
    reasons = {}
    for job in plan.jobs:
        blamed = [name for name in (job.name, *job.needs) if name in ending.failed]
        if blamed and job.rule in EVALUATIONS:
            reason = ending.failed[blamed[0]]
            before = 'data were not made' if blamed[0].startswith('data/') else 'pretraining failed'
            reasons[job.name] = reason if blamed[0] == job.name else f'{before}: {reason}'
    try:
        write_failed(plan, reasons)
    except UserError as error:
        ending.error = f'records of what failed were not written: {error}'


def _last(text: str, count: int) -> list[str]:
    return [line.strip() for line in text.splitlines() if line.strip()][-count:] or ['no output']
