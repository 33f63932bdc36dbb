"""The workflow with stand-in commands: killed anywhere, it goes on; a failure stays alone."""

from __future__ import annotations

import io
import json
import os
import re
import signal
import subprocess
import sys
import time
import zipfile
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from mlfo_mm.benchmark import runner
from mlfo_mm.benchmark.jobs import Job, read_plan
from mlfo_mm.benchmark.locks import lock
from mlfo_mm.benchmark.runner import Machine, run
from mlfo_mm.benchmark.state import Files, status, to_do, write
from mlfo_mm.errors import UserError
from tests.benchmark.conftest import EPOCHS, StandIn

STEPS = [f'{name} {epoch}' for name in 'ab' for epoch in range(1, EPOCHS + 1)]
ALL = sorted([*STEPS, 'eval_a', 'eval_b', 'tables'])


def wait_for(case: StandIn, line: str, process: subprocess.Popen) -> None:
    while line not in case.lines():
        assert process.poll() is None, process.stdout.read()
        time.sleep(0.02)


def finished(case: StandIn) -> list[str]:
    return sorted(line.removeprefix('done ') for line in case.lines() if line.startswith('done '))


def child_of(pid: int) -> int:
    return int(Path(f'/proc/{pid}/task/{pid}/children').read_text().split()[0])


def alive(folder: Path) -> list[str]:
    """Command lines of processes that work in the folder."""
    found = []
    for path in Path('/proc').glob('[0-9]*/cmdline'):
        try:
            command = path.read_bytes().replace(b'\0', b' ').decode()
        except OSError:
            continue
        if str(folder) in command and 'stand_in.py' in command:
            found.append(command)
    return found


@pytest.mark.parametrize(
    ('point', 'victim'),
    [('done a 1', 'group'), ('begin eval_a', 'snakemake'), ('begin tables', 'runner')],
)
def test_killed_and_started_again(stand_in, tmp_path, point, victim):
    case = stand_in()
    process = case.start()
    wait_for(case, point, process)
    before = finished(case)
    if victim == 'group':
        # Snakemake and the jobs share the group of the runner
        os.killpg(process.pid, signal.SIGKILL)
    elif victim == 'snakemake':
        os.kill(child_of(process.pid), signal.SIGKILL)
    else:
        process.kill()
    process.wait()
    again = case.start()
    output, _ = again.communicate()
    assert again.returncode == 0, output
    # nothing lost, nothing done twice but what was dying, never two at a time, none left behind
    done = finished(case)
    assert set(done) == set(ALL)
    assert [done.count(name) for name in before] == [1] * len(before)
    assert len(done) <= len(ALL) + 2
    begun = [line.removeprefix('begin ') for line in case.lines() if line.startswith('begin ')]
    assert set(begun) == set(ALL)
    assert len(begun) <= len(ALL) + 2  # what was under way in the two slots began twice
    assert not [line for line in case.lines() if not re.match('(begin|done) ', line)]
    assert alive(tmp_path) == []
    before = case.lines()
    third = case.start()
    output, _ = third.communicate()
    assert third.returncode == 0
    assert '5 done before, 0 to do' in output
    assert case.lines() == before


def test_a_failure_stays_alone_and_is_tried_again(stand_in, tmp_path):
    case = stand_in(broken='a')
    process = case.start()
    output, _ = process.communicate()
    assert process.returncode == 1
    assert 'pretrain a ... FAILED: ValueError: no luck today' in output
    assert 'Traceback' not in output
    assert finished(case) == ['b 1', 'b 2', 'b 3', 'eval_b']
    states = {job.name: status(case.plan, job) for job in case.plan.jobs}
    assert states == {
        'pretrain/a': 'failed',
        'evaluate/a': 'to do',
        'pretrain/b': 'done',
        'evaluate/b': 'done',
        'tables/x': 'to do',
    }
    log = Files(Path(case.plan.folder), 'pretrain/a').log.read_text()
    assert log.startswith('$ ')
    assert 'some output' in log
    case = stand_in()  # mended
    process = case.start()
    output, _ = process.communicate()
    assert process.returncode == 0, output
    assert finished(case) == ALL


def test_a_run_without_time_begins_nothing_and_is_no_failure(stand_in):
    case = stand_in()
    ending = run(case.plan, Machine(2, 1), Console(file=io.StringIO()), budget=1e-3)
    assert (ending.out_of_time, ending.error, ending.failed) == (True, '', {})
    assert sorted(ending.left_out) == sorted(job.name for job in case.plan.jobs)
    assert case.lines() == []
    assert {status(case.plan, job) for job in case.plan.jobs} == {'to do'}


def test_what_runs_when_time_is_up_is_asked_to_end(stand_in):
    case = stand_in()
    job = case.plan.job('pretrain/a')
    found = Files(Path(case.plan.folder), job.name)
    case.plan.todo = tuple(each.name for each in case.plan.jobs)
    with subprocess.Popen(['sleep', '60']) as process, lock(found.lock, wait=False):
        write(found.state, status='running', start=0.0, pid=process.pid)
        runner._stop(case.plan)
        assert process.wait(10) == -signal.SIGTERM
        runner._stop(case.plan)  # asked once
    assert json.loads(found.state.read_text())['status'] == 'postponed'
    others = [each for each in case.plan.jobs if each is not job]
    assert not any(Files(Path(case.plan.folder), each.name).state.exists() for each in others)


def names(case: StandIn) -> list[str]:
    """Names of the jobs that are to run, no run being under way."""
    jobs, under_way = to_do(case.plan)
    assert not under_way
    return [job.name for job in jobs]


def test_markers_follow_what_is_there(stand_in, tmp_path):
    case = stand_in()
    assert names(case) == [job.name for job in case.plan.jobs]
    assert case.start().wait() == 0
    assert names(case) == []
    record = tmp_path / 'results/records/eval_a.json'
    record.unlink()
    assert names(case) == ['evaluate/a', 'tables/x']
    assert status(case.plan, case.plan.job('tables/x')) == 'to do'
    record.write_text('{}')
    # a checkpoint that was finished elsewhere needs no marker; one that went is not made again
    # for evaluations that are done
    marker = Files(Path(case.plan.folder), 'pretrain/a').marker
    marker.unlink()
    (tmp_path / 'work/b/epoch_3.pth').unlink()
    assert names(case) == ['evaluate/a', 'tables/x']
    assert marker.is_file()
    # half a checkpoint is none
    checkpoint = tmp_path / 'work/a/epoch_3.pth'
    checkpoint.write_bytes(checkpoint.read_bytes()[:500])
    assert names(case) == ['pretrain/a', 'evaluate/a', 'tables/x']


def test_what_runs_is_what_was_said(stand_in, tmp_path):
    case = stand_in()
    assert case.start().wait() == 0
    before = case.lines()
    (tmp_path / 'results/records/eval_b.json').unlink()
    assert names(case) == ['evaluate/b', 'tables/x']
    process = case.start()
    output, _ = process.communicate()
    assert process.returncode == 0 and '3 done before, 2 to do' in output
    rest = case.lines()[len(before) :]
    assert rest == ['begin eval_b', 'done eval_b', 'begin tables', 'done tables']
    # a record that somebody else made anew: tables follow, the evaluation is done
    (tmp_path / 'results/records/eval_b.json').write_text('{"new": 1}')
    assert names(case) == ['tables/x']
    assert case.start().wait() == 0
    assert case.lines()[len(before) + 4 :] == ['begin tables', 'done tables']
    assert names(case) == []


def test_one_runner_at_a_time(stand_in, monkeypatch):
    monkeypatch.setattr(runner, 'PATIENCE_S', 0)
    case = stand_in()
    process = case.start()
    wait_for(case, 'begin a 1', process)
    with pytest.raises(UserError, match=f'is being run by process {process.pid}'):
        run(case.plan, Machine(1, 1), Console())
    jobs, under_way = to_do(case.plan)
    assert under_way and len(jobs) == 5
    assert process.wait() == 0
    assert finished(case) == ALL


def test_without_snakemake_the_command_that_installs_it(stand_in, monkeypatch):
    monkeypatch.setattr(runner.importlib.util, 'find_spec', lambda _: None)
    with pytest.raises(UserError, match=r'Snakemake is not installed: make install, or pip'):
        run(stand_in().plan, Machine(1, 1), Console())


def says(monkeypatch, output: str, code: int) -> None:
    """Put a program that says and ends so in Snakemake's place."""
    command = [sys.executable, '-c', f'print({output!r}); raise SystemExit({code})']
    monkeypatch.setattr(runner, 'snakemake_command', lambda *_: command)


@pytest.mark.parametrize(
    ('output', 'last'),
    [
        ('Building\n  WorkflowError: no such rule \n', 'WorkflowError: no such rule'),
        ('', 'no output'),
    ],
)
def test_a_workflow_that_cannot_begin_ends_with_its_last_lines(stand_in, monkeypatch, output, last):
    says(monkeypatch, output, 1)
    ending = run(stand_in().plan, Machine(1, 1), Console(file=io.StringIO()))
    assert re.match(rf'Snakemake ended with 1 \((Building; )?{last}\); log: ', ending.error)
    assert len(ending.left_out) == 5


def test_a_runner_that_ends_is_waited_for(stand_in, monkeypatch):
    plan, waited = stand_in().plan, []
    says(monkeypatch, '', 0)
    with ExitStack() as other:
        other.enter_context(lock(Path(plan.folder) / 'runner.lock', wait=True))
        # the lock is free from the first wait on
        monkeypatch.setattr(runner.time, 'sleep', lambda _: waited.append(1) or other.close())
        run(plan, Machine(1, 1), Console(file=io.StringIO()))
    assert waited


def test_failed_data_are_the_reason_of_all_that_needs_them(stand_in, monkeypatch):
    case = stand_in()
    facts = dict(datasets=['digits_motion'])
    data = Job('data/x', 'data', case.command('fail'), gpus=0, facts=facts)
    pretrain, evaluate = case.plan.jobs[:2]
    jobs = [replace(job, needs=(*job.needs, 'data/x')) for job in (pretrain, evaluate)]
    case.plan.jobs = [data, *jobs]
    case.plan.write()
    process = case.start()
    output, _ = process.communicate()
    assert process.returncode == 1 and 'data ... FAILED: and more' in output
    (path,) = Path(case.plan.cwd, 'results/records/smoke').iterdir()
    assert json.loads(path.read_text())['reason'] == 'data were not made: and more'


def test_plan_survives_its_file(stand_in):
    case = stand_in()
    assert read_plan(case.path) == case.plan


def test_a_marker_of_tomorrow_makes_no_job_run_twice(stand_in, tmp_path):
    """Snakemake takes a job for out of date whose marker is older than those of its needs."""
    case = stand_in()
    for job in case.plan.jobs:
        if job.checkpoint is not None:
            job.checkpoint.parent.mkdir(parents=True)
            with zipfile.ZipFile(job.checkpoint, 'w') as archive:
                archive.writestr('weights', b'0')
    to_do(case.plan)  # finds the pretrainings done, and marks them
    later = time.time() + 86400
    for path in Path(case.plan.folder, 'done').rglob('*.json'):
        os.utime(path, (later, later))
    assert not run(case.plan, Machine(2, 1), Console(file=io.StringIO())).error
    assert finished(case) == ['eval_a', 'eval_b', 'tables']
    assert to_do(case.plan) == ([], False)
