"""What a plan takes, by table."""

from __future__ import annotations

import io
import re

import pytest
from rich.console import Console

from mlfo_mm.benchmark import estimate, resources
from mlfo_mm.benchmark.arithmetic import Network
from mlfo_mm.benchmark.estimate import Estimates
from mlfo_mm.benchmark.resources import Resources
from mlfo_mm.benchmark.state import files, write
from mlfo_mm.study.identity import Protocol
from mlfo_mm.study.sizes import Size

TEXT = 'train_cfg = dict(max_epochs=100)\ndefault_hooks = dict(checkpoint=dict(max_keep_ckpts=2))'


@pytest.fixture
def plan(stand_in, monkeypatch):
    """The stand-in's plan at the paper's size; of the method ``b`` no network is known."""
    plan = stand_in().plan
    plan.profile = 'paper'
    for run in plan.trained.values():
        object.__setattr__(run, 'text', TEXT)
    plan.protocols['retrieval'] = Protocol(
        1, 'retrieval', '', 1, 'prob', False, False, 'downstream = dict(num_clips=10)'
    )
    known = Network('a', 'default', 'r3d18', 'pair', 240.0, 26.0, 400.0, 250.0, 896)
    monkeypatch.setattr(
        resources,
        'network_of',
        lambda plan, job: known if job.facts['method'] == 'a' else None,
    )
    monkeypatch.setattr(estimate, 'Sizes', lambda: lambda name: Size(100_000, 2_000))
    return plan


def rows(made: Resources, jobs) -> dict[str, list[str]]:
    console = Console(file=io.StringIO(), width=200)
    console.print(made.table(jobs))
    lines = [
        re.split(r'\s*│\s*', line.strip(' │')) for line in console.file.getvalue().splitlines()
    ]
    return {line[0]: line[1:] for line in lines if len(line) > 2}


def test_arithmetic_at_the_papers_size(plan):
    made = Resources(plan, Estimates(plan))
    of_a = [job for job in plan.jobs if job.facts.get('method') == 'a']
    table = rows(made, of_a)
    jobs, held, computed, cores, hungriest, checkpoints, features = table['table4']
    # 240e9 x 100,000 videos x 100 epochs, and 26e9 x 10 clips of 102,000, at a quarter of 989e12
    seconds = (240e9 * 1e7 + 26e9 * 10 * 102_000) / (0.25 * 989e12)
    assert (jobs, computed) == ('2', f'{seconds / 3600:.1f}')
    assert float(held) >= float(computed)
    assert (checkpoints, features) == ('0.8 GB', '3.7 GB')
    assert int(cores) > 100 and int(hungriest) > 100
    assert 'all' not in table  # of one table alone
    assert 'H100' in '\n'.join(made.sources(of_a))
    assert made.sizes(of_a) == 'videos (training + test): pair 100,000 + 2,000'


def test_what_is_not_known_is_said(plan):
    made = Resources(plan, Estimates(plan))
    of_b = [job for job in plan.jobs if job.facts.get('method') == 'b']
    assert rows(made, of_b)['table4'] == ['2', *['unknown'] * 6]
    assert made.sources(of_b) == ['  2 jobs by nothing: unknown']
    both = rows(made, plan.jobs)['table4']
    assert both[0] == '4' and all('(2 unknown)' in cell for cell in (both[1], both[5]))


def test_a_job_of_two_tables_counts_once_in_all(plan):
    plan.job('pretrain/a').facts['tables'] = ['table1', 'table4']
    table = rows(Resources(plan, Estimates(plan)), plan.jobs)
    assert [table[name][0] for name in ('table1', 'table4', 'all')] == ['1', '4', '4']


def test_own_runs_tell_more_than_arithmetic(plan):
    job = plan.job('pretrain/a')
    write(files(plan, job).marker, products={}, seconds=7200.0)
    made = Resources(plan, Estimates(plan))
    assert made.gpu_hours(job) == pytest.approx(2.0)
    assert made.sources([job]) == ['  1 jobs by earlier runs here']
