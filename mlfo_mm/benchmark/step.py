"""Run one job of a plan: ``python -m mlfo_mm.benchmark.step PLAN JOB``. The workflow's rules call it.

It holds the job's lock, so that a job never runs twice at a time, ends with the workflow, keeps
the log, and marks the job done only when its product was found whole.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import re
import shlex
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from mlfo_mm.benchmark.jobs import Job, Plan, executable, read_plan
from mlfo_mm.benchmark.resolve import tool_environment
from mlfo_mm.benchmark.state import (
    Files,
    files,
    lock,
    pretrained,
    record_of,
    stamp,
    whole,
    write,
)
from mlfo_mm.datasets.annotation import find_dataset
from mlfo_mm.processes import die_with_parent

RECORD = re.compile(r'^record: (.+)$', re.MULTILINE)


def command_line(plan: Plan, job: Job) -> list[str]:
    """The command, continued where an earlier attempt of a pretraining left a checkpoint.

    Where only the record of a pretraining is not there, the command that writes it.
    """
    finished = job.checkpoint is not None and whole(job.checkpoint)
    words = job.facts['recorder'] if finished else job.command
    command = executable(words)
    if finished:
        return command
    if job.checkpoint is None or not any(map(whole, job.checkpoint.parent.glob('epoch_*.pth'))):
        return command
    end = command.index('--cfg-options') if '--cfg-options' in command else len(command)
    return [*command[:end], '--resume', *command[end:]]


@contextlib.contextmanager
def gpus(plan: Plan, count: int) -> Iterator[dict[str, str]]:
    """Environment with GPUs of this machine that no other job has."""
    if not plan.gpus or not count:
        yield {}
        return
    while True:
        with contextlib.ExitStack() as held:
            mine = []
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
    found = files(plan, job)
    with lock(found.lock, wait=True) as held:
        if job.checkpoint is not None and pretrained(plan, job):  # done while this waited
            _mark(found, job, [job.checkpoint])
            return 0
        found.log.parent.mkdir(parents=True, exist_ok=True)
        start, command = time.time(), command_line(plan, job)
        write(found.state, status='running', start=start, pid=os.getpid())
        with gpus(plan, job.gpus) as visible, found.log.open('ab') as log:
            log.write(f'$ {shlex.join(command)}\n'.encode())
            log.flush()
            begin = log.tell()
            code = _call(command, plan, log, held, visible, threads)
        output = found.log.read_bytes()[begin:].decode(errors='replace')
        products = _products(plan, job, output)
        lacking = [str(path) for path in products if not path.exists()]
        if not code and (lacking or not products):
            code, reason = 1, f'it ended without {", ".join(lacking) or "a record"}'
        else:
            reason = _reason(code, output)
        status = 'failed' if code else 'done'
        write(
            found.state, status=status, start=start, end=time.time(), reason=reason if code else ''
        )
        if not code:
            whole_run = command[1:] == list(job.command[1:])  # neither resumed nor only recorded
            _mark(found, job, products, round(time.time() - start, 1) if whole_run else None)
        return code


def _products(plan: Plan, job: Job, output: str) -> list[Path]:
    """Files that show that the job is done."""
    if job.checkpoint is not None:
        lacking = job.checkpoint.with_suffix('.whole')
        return [job.checkpoint if whole(job.checkpoint) else lacking, *record_of(plan, job)]
    if job.rule in ('tables', 'figures'):
        return [Path(plan.cwd, plan.results, job.rule, plan.profile)]
    if job.rule == 'data':
        return [find_dataset(name).absolute() for name in job.facts['datasets']]
    return [Path(plan.cwd, line) for line in RECORD.findall(output)]


def _call(
    command: list[str],
    plan: Plan,
    log: BinaryIO,
    held: int | None,
    visible: dict[str, str],
    threads: int,
) -> int:
    environment = tool_environment(Path(plan.root)) | visible
    environment['OMP_NUM_THREADS'] = str(threads)
    try:
        return subprocess.run(
            command,
            stdout=log,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            cwd=plan.cwd,
            env=environment,
            pass_fds=[held] if held is not None else [],
            preexec_fn=die_with_parent,
            check=False,
        ).returncode
    except OSError as error:
        log.write(f'error: {error}\n'.encode())
        return 127


def _mark(found: Files, job: Job, products: list[Path], seconds: float | None = None) -> None:
    facts = dict(stamp=stamp(job.checkpoint)) if job.checkpoint else {}
    write(found.marker, products=[str(path) for path in products], seconds=seconds, **facts)


def _reason(code: int, output: str) -> str:
    """The last line that says what went wrong."""
    lines = [line.strip() for line in output.splitlines() if line.strip()]
    said = [line for line in lines if re.match(r'(error:|\w*(Error|Exception|Interrupt)\b)', line)]
    line = (said or lines or ['no output'])[-1].removeprefix('error: ')
    return f'killed by signal {-code}; {line[:300]}' if code < 0 else line[:300]


def main() -> None:
    """Run the job that the command line names."""
    die_with_parent()
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('plan', type=Path)
    parser.add_argument('job')
    parser.add_argument('--threads', type=int, default=1)
    args = parser.parse_args()
    plan = read_plan(args.plan)
    os.chdir(plan.cwd)  # Snakemake runs it in the plan's folder
    code = run(plan, plan.job(args.job), args.threads)
    sys.exit(code if code >= 0 else 128 - code)


if __name__ == '__main__':
    main()
