"""One job of a plan, run in this process: what it is marked as, which GPUs it gets, how it fails."""

from __future__ import annotations

import contextlib
import json
import sys
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from mlfo_mm.benchmark import step
from mlfo_mm.benchmark.jobs import PYTHON, Job
from mlfo_mm.benchmark.locks import lock
from mlfo_mm.benchmark.state import files, read
from mlfo_mm.datasets.content import TRAINED_ON


@pytest.fixture
def plan(stand_in):
    return stand_in().plan


def printing(name: str, code: str, *products: str, **facts: object) -> Job:
    return Job(name, name, (PYTHON, '-c', code), products, facts=facts)


SAY = """
import json, sys
def say(records, reason=''):
    with open(sys.argv[-1], 'w') as file:
        json.dump(dict(records=records, reason=reason), file)
"""


def finish(job: Job) -> Path:
    """Leave a whole last checkpoint."""
    job.checkpoint.parent.mkdir(parents=True)
    with zipfile.ZipFile(job.checkpoint, 'w') as archive:
        archive.writestr('weights', b'0')
    return job.checkpoint


def test_a_job_that_another_process_did_is_marked_and_not_run(plan):
    job = plan.job('pretrain/a')
    checkpoint = finish(job)
    assert step.run(plan, job, 1) == 0
    assert list(read(files(plan, job).marker)['products']) == [str(checkpoint)]
    assert not files(plan, job).log.exists()


def test_what_would_not_end_in_time_is_left_for_later(plan):
    pretrain, evaluate = plan.job('pretrain/a'), plan.job('evaluate/a')
    plan.until, plan.expected = 100.0, {pretrain.name: 30.0, evaluate.name: 30.0}
    assert plan.in_time(evaluate, 69.0) and not plan.in_time(evaluate, 71.0)
    # a pretraining goes on where it was stopped
    assert plan.in_time(pretrain, 71.0) and not plan.in_time(pretrain, 101.0)
    assert plan.in_time(plan.job('tables/x'), 99.0)  # nothing is known of it
    assert step.run(plan, evaluate, 1) == step.PREEMPTED
    assert read(files(plan, evaluate).state)['status'] == 'postponed'
    assert not files(plan, evaluate).log.exists()
    plan.until = 0.0
    assert plan.in_time(evaluate, 1e12)


def recording(job: Job, record: Path, status: str) -> Job:
    """A pretraining with a record, and a recorder that writes it."""
    record.parent.mkdir(parents=True)
    text = json.dumps(dict(status=status))
    code = f'import pathlib; pathlib.Path({str(record)!r}).write_text({text!r})'
    facts = dict(recorder=[PYTHON, '-c', code])
    return replace(job, products=(*job.products, str(record)), facts=facts)


@pytest.mark.parametrize('earlier', ['', '{"status": "failed"}'])
def test_of_a_pretraining_without_its_record_only_the_record_is_made(earlier, plan, tmp_path):
    record = tmp_path / 'results/records/a.json'
    job = recording(plan.job('pretrain/a'), record, 'done')
    if earlier:
        record.write_text(earlier)
    checkpoint = finish(job)
    assert step.run(plan, job, 1) == 0
    marker = read(files(plan, job).marker)
    assert list(marker['products']) == [str(checkpoint)]
    assert read(record) == dict(status='done')
    assert marker['seconds'] is None  # it says nothing of a whole run


def test_a_pretraining_with_a_failed_record_is_not_done(plan, tmp_path):
    record = tmp_path / 'results/records/a.json'
    job = recording(plan.job('pretrain/a'), record, 'failed')
    finish(job)
    assert step.run(plan, job, 1) == 1
    assert read(files(plan, job).state)['reason'] == f'it ended without {record}'
    assert not files(plan, job).marker.exists()


def test_a_pretraining_on_other_data_is_set_aside_and_done_anew(plan, digits, tmp_path):
    record = tmp_path / 'results/records/a.json'
    job = recording(plan.job('pretrain/a'), record, 'done')
    record.write_text('{"status": "done"}')
    checkpoint = finish(job)
    told = dict(dataset='digits_motion', split=1, content='of other videos')
    (checkpoint.parent / TRAINED_ON).write_text(json.dumps(told))
    # the stand-in writes no record: what it left is not taken for one
    assert step.run(plan, job, 1) == 1
    (aside,) = checkpoint.parent.parent.glob('a_other_data_*')
    assert {path.name for path in aside.iterdir()} == {checkpoint.name, TRAINED_ON, record.name}
    log = files(plan, job).log.read_text()
    assert f'set aside: {aside}' in log and '--resume' not in log
    assert checkpoint.is_file()  # trained from the start


@pytest.mark.parametrize(
    ('code', 'status', 'reason'),
    [
        ('print("all fine")', 1, 'it ended without {cwd}/none.json, {cwd}/there.json'),
        (SAY + 'say(["none.json", "there.json"])', 1, 'it ended without {cwd}/none.json'),
        (SAY + 'say([], "no luck: x"); print("later"); raise SystemExit(2)', 2, 'no luck: x'),
        ('import sys; sys.exit("so far\\nerror: no torch\\n")', 1, 'no torch'),
        ('raise SystemExit(3)', 3, 'no output'),
        (
            'import os; print("so far", flush=True); os.kill(os.getpid(), 9)',
            -9,
            'killed by signal 9; so far',
        ),
    ],
)
def test_reasons_of_failures(plan, code, status, reason):
    Path(plan.cwd, 'there.json').touch()
    job = printing('evaluate/x', code, 'none.json', 'there.json')
    files(plan, job).outcome.parent.mkdir(parents=True)
    files(plan, job).outcome.write_text('{"records": [], "reason": "of an earlier attempt"}')
    assert step.run(plan, job, 1) == status
    state = read(files(plan, job).state)
    assert (state['status'], state['reason']) == ('failed', reason.format(cwd=plan.cwd))
    assert not files(plan, job).marker.exists()


def test_a_command_that_is_not_there_is_said_in_the_log(plan):
    job = Job('evaluate/x', 'x', ('/no/such/program',), ('x.json',))
    assert step.run(plan, job, 1) == 127
    assert 'No such file or directory' in read(files(plan, job).state)['reason']
    assert '/no/such/program' in files(plan, job).log.read_text()


def test_data_are_done_when_they_are_found(plan, digits):
    job = printing('data/x', '', datasets=['digits_motion', 'digits_class'])
    assert step.run(plan, job, 1) == 0
    names = [Path(path).name for path in read(files(plan, job).marker)['products']]
    assert names == ['digits_motion', 'digits_class']


def test_each_job_has_gpus_of_its_own(plan, monkeypatch):
    plan.gpus = ('0', '5', '7')
    with step.gpus(plan, 1) as first, step.gpus(plan, 2) as rest:
        assert (first, rest) == (
            dict(CUDA_VISIBLE_DEVICES='0'),
            dict(CUDA_VISIBLE_DEVICES='5,7'),
        )
    with step.gpus(plan, 0) as none:
        assert none == {}
    with lock(Path(plan.folder).parent / 'gpus' / '5', wait=True) as held:
        assert held is not None  # another process has it
        with step.gpus(plan, 2) as two:
            assert two == dict(CUDA_VISIBLE_DEVICES='0,7')


def test_a_job_waits_for_its_gpus(plan, monkeypatch):
    plan.gpus, waited = ('0', '1'), []
    with contextlib.ExitStack() as other:
        other.enter_context(step.gpus(plan, 1))
        monkeypatch.setattr(step.time, 'sleep', lambda s: waited.append(s) or other.close())
        with step.gpus(plan, 2) as both:
            assert (both, len(waited)) == (dict(CUDA_VISIBLE_DEVICES='0,1'), 1)


def test_what_runs_is_told_its_gpus_and_threads_and_no_rank(plan, monkeypatch):
    for name in ('RANK', 'SLURM_PROCID'):  # of the shell, as in a job of several tasks
        monkeypatch.setenv(name, '3')
    plan.gpus = ('5',)
    names = ('CUDA_VISIBLE_DEVICES', 'OMP_NUM_THREADS', 'RANK', 'SLURM_PROCID')
    job = printing('evaluate/x', f'import os; print(*map(os.environ.get, {names}))')
    step.run(plan, job, 3)
    assert files(plan, job).log.read_text().splitlines()[-1] == '5 3 None None'


@pytest.mark.parametrize(
    ('cluster', 'asked'), [(True, [['scontrol', 'requeue', '7']]), (False, [])]
)
def test_only_a_job_of_the_cluster_is_put_into_the_queue_again(plan, monkeypatch, cluster, asked):
    """Not the allocation that a run on this machine is in."""
    monkeypatch.setenv('SLURM_JOB_ID', '7')
    monkeypatch.setattr(sys, 'argv', ['step', 'plan.json', 'evaluate/a'])
    monkeypatch.setattr(step, 'die_with_parent', lambda: None)
    monkeypatch.setattr(step, 'read_plan', lambda _: plan)
    monkeypatch.setattr(step, 'run', lambda *_: step.PREEMPTED)
    called = []
    monkeypatch.setattr(step.subprocess, 'run', lambda command, **_: called.append(command))
    plan.cluster = cluster
    monkeypatch.chdir(plan.cwd)
    with pytest.raises(SystemExit, match='143'):
        step.main()
    assert called == asked


def test_no_best_copy_is_gone_on_from(plan):
    job = plan.job('pretrain/a')
    folder = job.checkpoint.parent
    folder.mkdir(parents=True)
    for name, resumed in (('epoch_best', False), ('epoch_1_step_2', True)):
        with zipfile.ZipFile(folder / f'{name}.pth', 'w') as archive:
            archive.writestr('weights', b'0')
        assert (step.command_of(job)[-1] == '--resume') == resumed
