"""Run one job of a plan: ``python -m mlfo_mm.benchmark.step PLAN JOB``. The workflow's rules call it.

It holds the job's lock, so that a job never runs twice at a time, ends with the workflow, keeps
the log, and marks the job done only when its product was found whole.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from mlfo_mm import progress
from mlfo_mm.benchmark.jobs import EVALUATIONS, Job, Plan, executable, read_plan
from mlfo_mm.benchmark.locks import lock
from mlfo_mm.benchmark.resolve import tool_environment
from mlfo_mm.benchmark.state import (
    POSTPONED,
    Data,
    files,
    made_of,
    mark,
    pretrained,
    products,
    recorded,
    whole,
    write,
)
from mlfo_mm.checkpoint_files import resumable
from mlfo_mm.datasets.frame_cache import VARIABLE
from mlfo_mm.handover import RANKS, Handover, read_handover
from mlfo_mm.processes import die_with_parent
from mlfo_mm.study.profiles import PROFILES

PREEMPTED = 143  # exit status of a tool that was asked to stop, and did


def command_of(job: Job) -> list[str]:
    """The command, continued where an earlier attempt of a pretraining left a checkpoint.

    Where only the record of a pretraining is not there, or failed, the command that writes it. What was
    trained on other data than those that are here is to be set aside before.
    """
    if job.checkpoint is not None and whole(job.checkpoint):
        return executable(job.facts['recorder'])
    command = executable(job.command)
    if job.checkpoint is not None and any(map(whole, resumable(job.checkpoint.parent).values())):
        command.append('--resume')
    return command


def set_aside(plan: Plan, job: Job) -> Path | None:
    """Rename the folder of a pretraining on other data, and put its record there."""
    if job.checkpoint is None or not Data().changed(plan, job):
        return None
    folder = job.checkpoint.parent
    aside = folder.with_name(f'{folder.name}_other_data_{time.time_ns()}')
    folder.rename(aside)
    for path in products(plan, job)[1:]:
        if path.is_file():
            path.rename(aside / path.name)
    return aside


@contextlib.contextmanager
def gpus(plan: Plan, count: int) -> Iterator[dict[str, str]]:
    """Environment with GPUs of this machine that no other job has."""
    if not plan.gpus or not count:
        yield {}
        return
    while True:
        with contextlib.ExitStack() as held:
            mine: list[str] = []
            for gpu in plan.gpus:
                path = Path(plan.folder).parent / 'gpus' / gpu
                if len(mine) < count and held.enter_context(lock(path, wait=False)) is not None:
                    mine.append(gpu)
            if len(mine) == count:
                yield dict(CUDA_VISIBLE_DEVICES=','.join(mine))
                return
        time.sleep(1)  # a process that was killed is still ending


def run(plan: Plan, job: Job, threads: int) -> int:
    """Run a job to its end and return its exit status."""
    found, sources = files(plan, job), made_of(plan, job)
    if not plan.in_time(job, time.time()):
        write(found.state, status=POSTPONED, start=time.time())
        return PREEMPTED
    with lock(found.lock, wait=True) as held:
        if job.checkpoint is not None and pretrained(plan, job):  # done while this waited
            mark(plan, job, sources)
            return 0
        for path in (found.log, found.outcome, found.progress):
            path.parent.mkdir(parents=True, exist_ok=True)
        for path in (found.outcome, found.progress):
            path.unlink(missing_ok=True)
        aside = set_aside(plan, job)
        start, began, command = time.time(), time.monotonic(), command_of(job)
        from_scratch = command == executable(job.command)  # neither resumed nor only recorded
        if job.hands_over:
            command += ['--outcome', str(found.outcome)]
        write(found.state, status='running', start=start, pid=os.getpid())
        told = {progress.VARIABLE: str(found.progress)}
        with gpus(plan, job.gpus) as visible, found.log.open('ab') as log:
            if aside is not None:
                log.write(f'trained on other data than those here, set aside: {aside}\n'.encode())
            log.write(f'$ {shlex.join(command)}\n'.encode())
            log.flush()
            begin = log.tell()
            code = _call(command, plan, log, held, visible | told, threads)
        if code in (PREEMPTED, -signal.SIGTERM):
            return PREEMPTED  # its state stays that of a running one: stopped, not failed
        said = read_handover(found.outcome)
        if code:
            output = found.log.read_bytes()[begin:].decode(errors='replace')
            reason = _reason(code, said, output)
        else:
            lacking = _lacking(plan, job, said or Handover())
            reason = f'it ended without {", ".join(lacking)}' if lacking else ''
            code = 1 if lacking else 0
        status = 'failed' if code else 'done'
        write(found.state, status=status, start=start, end=time.time(), reason=reason)
        if not code:
            mark(plan, job, sources, round(time.monotonic() - began, 1) if from_scratch else None)
        return code


def _lacking(plan: Plan, job: Job, said: Handover) -> list[str]:
    """Products that are not there, and records that the tool does not call its own."""
    own = {Path(plan.cwd, path) for path in said.records}
    unrecorded = job.checkpoint is not None and not recorded(plan, job)
    return [
        str(path)
        for path in products(plan, job)
        if not (path.exists() if path != job.checkpoint else whole(path))
        or (job.rule in EVALUATIONS and path not in own)
        or (unrecorded and path != job.checkpoint)
    ]


def _call(
    command: list[str],
    plan: Plan,
    log: BinaryIO,
    held: int | None,
    visible: dict[str, str],
    threads: int,
) -> int:
    environment = tool_environment(Path(plan.root)) | visible
    for name in RANKS:  # of what this runs in: the tool is one process, or has its own launcher
        environment.pop(name, None)
    environment['OMP_NUM_THREADS'] = str(threads)
    if PROFILES[plan.profile].prepare:  # its own small clips are decoded once, not in every epoch
        environment.setdefault(VARIABLE, str(Path(plan.folder).parents[1] / 'frames'))
    try:
        with subprocess.Popen(
            command,
            stdout=log,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            cwd=plan.cwd,
            env=environment,
            pass_fds=[held] if held is not None else [],
            preexec_fn=die_with_parent,
        ) as process:
            # a training saves what it has and ends; this process waits for it
            before = signal.signal(signal.SIGTERM, lambda *_: process.terminate())
            try:
                return process.wait()
            finally:
                signal.signal(signal.SIGTERM, before)
    except OSError as error:
        log.write(f'error: {error}\n'.encode())
        return 127


def _reason(code: int, said: Handover | None, output: str) -> str:
    """What the tool said of its failure; of one that could say nothing, the last line of its log."""
    if said is not None and said.reason:
        return said.reason[:300]
    line = next((line.strip() for line in output.split('\n')[::-1] if line.strip()), 'no output')
    line = line.removeprefix('error: ')[:300]
    return f'killed by signal {-code}; {line}' if code < 0 else line


def main() -> None:
    """Run the job that the command line names."""
    die_with_parent()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('plan', type=Path)
    parser.add_argument('job')
    parser.add_argument('--threads', type=int, default=1)
    args = parser.parse_args()
    plan = read_plan(args.plan)
    os.chdir(plan.cwd)  # Snakemake runs it in the plan's folder
    code = run(plan, plan.job(args.job), args.threads)
    if code == PREEMPTED and plan.cluster and 'SLURM_JOB_ID' in os.environ:
        subprocess.run(['scontrol', 'requeue', os.environ['SLURM_JOB_ID']], check=False)
    sys.exit(code if code >= 0 else 128 - code)


if __name__ == '__main__':
    main()
