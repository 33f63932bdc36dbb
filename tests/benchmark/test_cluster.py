"""What the Slurm profile submits, seen by a stand-in for sbatch that refuses every job."""

from __future__ import annotations

import io
import os
import re
from dataclasses import replace

import pytest
from rich.console import Console

from mlfo_mm.benchmark import runner
from mlfo_mm.benchmark.jobs import Job
from mlfo_mm.benchmark.requests import Request, request
from mlfo_mm.benchmark.runner import run, snakemake_command, this_machine, visible_gpus
from mlfo_mm.benchmark.state import files, read, write
from mlfo_mm.benchmark.submissions import Submissions, failures
from mlfo_mm.errors import UserError

SBATCH = """#!/bin/sh
echo "$@" >> {log}
echo 'sbatch: error: invalid partition specified: gpus' >&2
echo 'sbatch: error: Batch job submission failed' >&2
exit 1
"""


def test_command_lines_of_slurm(stand_in, tmp_path, monkeypatch):
    pytest.importorskip('snakemake_executor_plugin_slurm')
    case = stand_in()
    pretrain, *_ = case.plan.jobs
    alone = dict(command=pretrain.command, products=pretrain.products)
    facts = case.plan.job('evaluate/a').facts
    case.plan.jobs = [
        replace(pretrain, gpus=8),
        Job('finetune/f', 'finetune', **alone, facts=facts),
        Job(
            'evaluate/e',
            'evaluate',
            needs=(pretrain.name,),
            command=pretrain.command,
            facts=facts,
        ),
        Job('tables/t', 'tables', **alone, gpus=0),
    ]
    case.plan.profile = 'paper'
    programs, log = tmp_path / 'programs', tmp_path / 'submitted'
    programs.mkdir()
    for name in ('sbatch', 'squeue', 'sacct', 'sinfo', 'scontrol'):
        text = SBATCH.format(log=log) if name == 'sbatch' else '#!/bin/sh\n'
        (programs / name).write_text(text)
        (programs / name).chmod(0o755)
    machine = this_machine(None, None, '', 'slurm')
    assert (machine.cluster, machine.gpus) == (True, ())
    monkeypatch.setenv('PATH', f'{programs}{os.pathsep}{os.environ["PATH"]}')
    said = io.StringIO()
    ending = run(case.plan, machine, Console(file=said, width=300))
    lines = {
        re.search(r'--comment rule_(\w+?)_', line)[1]: line for line in log.read_text().splitlines()
    }
    assert set(lines) == {'pretrain', 'finetune', 'tables'}, said.getvalue()
    assert all('--requeue' in line and '--signal=TERM@120' in line for line in lines.values())
    assert ' -t 10080 --mem 256000 --requeue --cpus-per-task=64 ' in lines['pretrain']
    assert ' --gpus=8 ' in lines['pretrain']
    assert ' -t 2880 --mem 64000 --requeue --cpus-per-task=16 ' in lines['finetune']
    assert ' --gpus=1 ' in lines['finetune']
    assert ' --mem 4000 ' in lines['tables'] and ' --cpus-per-task=1 ' in lines['tables']
    assert '--gpus' not in lines['tables']
    for rule, identity in (('pretrain', 'a'), ('finetune', 'f'), ('tables', 't')):
        assert f"--target-jobs '{rule}:identity={identity}'" in lines[rule]
        assert '--job-name mlfo-paper_' in lines[rule]
    # each says what the scheduler said of it; what waited for it is left out
    reason = (
        'the scheduler refused it: sbatch: error: invalid partition specified: gpus sbatch: error: '
        'Batch job submission failed'
    )
    assert ending.failed == dict.fromkeys(('pretrain/a', 'finetune/f', 'tables/t'), reason)
    assert (ending.left_out, ending.error) == (['evaluate/e'], '')
    assert f'pretrain a ... FAILED: {reason}' in said.getvalue()


def test_requests_follow_the_profile_and_earlier_runs(stand_in):
    plan = stand_in().plan
    pretrain = replace(plan.job('pretrain/a'), gpus=8)
    assert request(plan, pretrain) == Request(64, 128_000, 720)
    plan.profile = 'paper'
    assert request(plan, pretrain) == Request(64, 256_000, 10_080)
    assert request(plan, plan.job('tables/x')) == Request(1, 4_000, 10)
    assert request(plan, replace(pretrain, name='linear_probe/x')).minutes == 2_880
    plan.expected[pretrain.name] = 3600.0
    assert request(plan, pretrain).minutes == 180
    plan.expected[pretrain.name] = 60.0
    assert request(plan, pretrain).minutes == 30
    plan.expected[pretrain.name] = 1e9
    assert request(plan, pretrain).minutes == 10_080


def test_what_a_scheduler_says_of_jobs():
    log = """
Error in rule pretrain:
    message: SLURM sbatch failed. The error message was 'sbatch: error: no
sbatch: error: really'.
    sbatch call:
        sbatch --parsable
    jobid: 1
    output: done/pretrain/a.json
    shell: x
[later]
Error in rule evaluate:
    message: SLURM-job '17' failed, SLURM status is: 'OUT_OF_MEMORY'. For further
    jobid: 3
    output: done/evaluate/b.json
Exiting
"""
    assert failures(log) == {
        'pretrain/a': 'the scheduler refused it: sbatch: error: no sbatch: error: really',
        'evaluate/b': "SLURM-job '17' failed, SLURM status is: 'OUT_OF_MEMORY'. For further",
    }
    assert failures('') == {}


def test_a_job_that_said_why_it_failed_keeps_its_word(stand_in, tmp_path):
    plan, log = stand_in().plan, tmp_path / 'snakemake.log'
    own = files(plan, plan.job('pretrain/a')).state
    write(own, status='failed', reason='no luck')
    blocks = [
        f'Error in rule pretrain:\n    message: it failed\n    output: done/pretrain/{name}.json'
        for name in ('a', 'b', 'other')
    ]
    log.write_text('\n'.join(blocks) + '\n')
    seen = Submissions(plan, log)
    seen.look()
    assert read(own)['reason'] == 'no luck'
    other = files(plan, plan.job('pretrain/b')).state
    assert read(other)['reason'] == 'it failed'
    other.unlink()
    seen.look()  # the log has not grown
    assert not other.exists()


def test_an_unknown_workflow_profile_is_refused():
    with pytest.raises(UserError, match='--workflow-profile sge: no such folder, nor one of slurm'):
        this_machine(None, None, '', 'sge')


def test_slots_of_this_machine(monkeypatch):
    monkeypatch.setattr(runner, 'visible_gpus', lambda: ('2', '5'))
    assert this_machine(None, None, '', '').gpus == ('2', '5')
    assert this_machine(None, 1, '', '').jobs == 1
    with pytest.raises(UserError, match='--gpus 3: 2 found here'):
        this_machine(None, 3, '', '')
    monkeypatch.setattr(runner, 'visible_gpus', tuple)
    monkeypatch.setattr(os, 'sched_getaffinity', lambda _: set(range(8)))
    machine = this_machine(2, None, '', '')
    assert (machine.jobs, machine.threads, machine.gpus) == (2, 4, ())


@pytest.mark.parametrize(
    ('named', 'shown', 'gpus'),
    [
        (None, 2, ('0', '1')),
        ('2,5', 2, ('2', '5')),
        (' 2, 5', 2, ('2', '5')),
        ('-1', 0, ()),
        ('', 0, ()),
        ('NoDevFiles', 0, ()),
        ('1,-1,0', 1, ('1',)),
        ('GPU-8932f937-d72c,0', 2, ('GPU-8932f937-d72c', '0')),
        ('0,0', 0, ()),  # CUDA shows none where one stands twice
    ],
)
def test_gpus_are_as_many_as_cuda_shows(monkeypatch, named, shown, gpus):
    monkeypatch.setattr(runner, 'COUNT_GPUS', f'print({shown})')
    monkeypatch.delenv('CUDA_VISIBLE_DEVICES', raising=False)
    if named is not None:
        monkeypatch.setenv('CUDA_VISIBLE_DEVICES', named)
    assert visible_gpus() == gpus


def test_without_a_driver_there_are_none(monkeypatch):
    monkeypatch.setattr(runner, 'COUNT_GPUS', "import ctypes; ctypes.CDLL('libnone.so.1')")
    monkeypatch.setenv('CUDA_VISIBLE_DEVICES', '0,1')
    assert visible_gpus() == ()


def test_an_executor_is_handed_to_snakemake(stand_in):
    command = snakemake_command(stand_in().plan, this_machine(None, None, 'slurm', ''))
    assert command[command.index('--executor') + 1] == 'slurm'
    assert command[command.index('--jobs') + 1] == '32' and '--cores' not in command
