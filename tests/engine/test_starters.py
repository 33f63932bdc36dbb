"""Which launcher started a process, by its environment."""

from __future__ import annotations

import os

import pytest
import torch

from mlfo_mm.engine.config import load_config
from mlfo_mm.engine.starters import STARTERS, start_processes
from mlfo_mm.errors import UserError


@pytest.fixture
def config():
    return load_config('mlfo/r3d18@smoke')


def test_other_launchers_need_gpus(config, monkeypatch):
    monkeypatch.setattr(torch.cuda, 'is_available', lambda: False)
    with pytest.raises(UserError, match='--launcher slurm needs GPUs, none here; CPU processes: '):
        start_processes(config, 'slurm')


def test_with_gpus_the_processes_are_those_of_the_launcher(config, monkeypatch):
    monkeypatch.setattr(torch.cuda, 'is_available', lambda: True)
    monkeypatch.delenv('WORLD_SIZE', raising=False)
    monkeypatch.setenv('SLURM_NTASKS', '4')
    for name in ('SLURM_PROCID', 'RANK', 'SLURM_STEP_ID', 'SLURM_NODELIST', 'MASTER_ADDR'):
        monkeypatch.setenv(name, '1')
    ports = []
    for job in ('1234567', '1234568'):  # two jobs may share a node
        monkeypatch.delenv('MASTER_PORT', raising=False)
        monkeypatch.setenv('SLURM_JOB_ID', job)
        assert start_processes(config, 'slurm') == 4
        ports.append(int(os.environ['MASTER_PORT']))
    assert len(set(ports)) == 2 and all(20_000 <= port < 30_000 for port in ports)
    assert start_processes(config, 'slurm') == 4
    monkeypatch.setenv('WORLD_SIZE', '8')
    assert start_processes(config, 'pytorch') == 8
    assert config.launcher == 'pytorch'  # mmengine joins them


@pytest.mark.parametrize('launcher', ['pytorch', 'slurm', 'mpi'])
def test_a_launcher_that_started_nothing_or_half_of_it_is_named(config, monkeypatch, launcher):
    monkeypatch.setattr(torch.cuda, 'is_available', lambda: True)
    _, numbers, name = STARTERS[launcher]
    for variable in (*numbers.split(), name):
        monkeypatch.delenv(variable, raising=False)
    for variable in numbers.split():
        for said, then in (('not set', 'abc'), ("'abc'", ''), ("''", '1')):
            with pytest.raises(
                UserError, match=f'--launcher {launcher}: not started by .*, {variable} is {said}$'
            ):
                start_processes(config, launcher)
            monkeypatch.setenv(variable, then)
    with pytest.raises(UserError, match=f', {name} is not set$'):
        start_processes(config, launcher)
