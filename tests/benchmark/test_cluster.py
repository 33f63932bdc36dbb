"""What the Slurm profile submits, seen by a stand-in for sbatch that refuses every job."""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import replace

import pytest

from mlfo_mm.benchmark import runner
from mlfo_mm.benchmark.jobs import Job
from mlfo_mm.benchmark.resolve import tool_environment
from mlfo_mm.benchmark.runner import snakemake_command, this_machine, visible_gpus
from mlfo_mm.errors import UserError
from tests.conftest import REPO

SBATCH = """#!/bin/sh
echo "$@" >> {log}
exit 1
"""


def test_command_lines_of_slurm(stand_in, tmp_path):
    pytest.importorskip('snakemake_executor_plugin_slurm')
    case = stand_in()
    pretrain, *_ = case.plan.jobs
    alone = dict(command=pretrain.command, products=pretrain.products)
    case.plan.jobs = [
        replace(pretrain, gpus=8),
        Job('finetune/f', 'finetune', **alone),
        Job('evaluate/e', 'evaluate', needs=(pretrain.name,), command=pretrain.command),
        Job('tables/t', 'tables', **alone, gpus=0),
    ]
    case.plan.todo = tuple(job.name for job in case.plan.jobs)
    case.plan.write()
    programs, log = tmp_path / 'programs', tmp_path / 'submitted'
    programs.mkdir()
    for name in ('sbatch', 'squeue', 'sacct', 'sinfo', 'scontrol'):
        text = SBATCH.format(log=log) if name == 'sbatch' else '#!/bin/sh\n'
        (programs / name).write_text(text)
        (programs / name).chmod(0o755)
    machine = this_machine(None, None, '', 'slurm')
    assert (machine.cluster, machine.gpus) == (True, ())
    environment = tool_environment(REPO)
    environment['PATH'] = f'{programs}{os.pathsep}{environment["PATH"]}'
    command = snakemake_command(case.plan, machine)
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    lines = {
        re.search(r'--comment rule_(\w+?)_', line)[1]: line for line in log.read_text().splitlines()
    }
    assert set(lines) == {'pretrain', 'finetune', 'tables'}, done.stderr
    assert all('--requeue' in line and '--signal=TERM@120' in line for line in lines.values())
    assert ' -t 10080 --mem 256000 --requeue --cpus-per-task=64 ' in lines['pretrain']
    assert ' --gpus=8 ' in lines['pretrain']
    assert ' -t 2880 --mem 64000 --requeue --cpus-per-task=16 ' in lines['finetune']
    assert ' --gpus=1 ' in lines['finetune']
    assert ' --mem 4000 ' in lines['tables'] and ' --cpus-per-task=1 ' in lines['tables']
    assert '--gpus' not in lines['tables']
    for rule, identity in (('pretrain', 'a'), ('finetune', 'f'), ('tables', 't')):
        assert f"--target-jobs '{rule}:identity={identity}'" in lines[rule]


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
