"""A plan of stand-in commands, and a runner in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from mlfo_mm.benchmark.jobs import PYTHON, Job, Plan
from mlfo_mm.study.identity import Pretraining, Protocol
from tests.conftest import REPO

STAND_IN = str(Path(__file__).parent / 'stand_in.py')
EPOCHS = 3
EVALUATION = dict(checkpoint='x.pth', datasets=['pair'], tasks=['retrieval'], skip_broken=False)
RUNNER = """
import sys
from rich.console import Console
from mlfo_mm.benchmark.jobs import read_plan
from mlfo_mm.benchmark.runner import Machine, run
ending = run(read_plan(sys.argv[1]), Machine(2, 1), Console(width=160))
print(ending)
sys.exit(bool(ending.failed or ending.error))
"""


class StandIn:
    """Two pretrainings with an evaluation each, and the tables."""

    def __init__(self, folder: Path, broken: str = '') -> None:
        self.journal = folder / 'journal'
        self.plan = Plan('smoke', str(REPO), str(folder), str(folder / 'benchmark'), 'results')
        self.plan.protocols['retrieval'] = Protocol(1, 'retrieval', '', 1, 'prob', False, False, '')
        results, evaluations = folder / 'results', []
        for name in ('a', 'b'):
            work_dir = folder / 'work' / name
            kind = 'fail' if broken == name else 'train'
            facts = dict(method=name, variant='', backbone='r3d18', seed=0, trains=name)
            facts |= dict(tables=['table4'])
            of = (name, 'default', 'r3d18', 'pair', 'smoke')
            self.plan.trained[name] = Pretraining(*of, text=name, bare='')
            pretrain = Job(
                f'pretrain/{name}',
                f'pretrain {name}',
                self.command(kind, work_dir, EPOCHS),
                (str(work_dir / f'epoch_{EPOCHS}.pth'),),
                facts=facts,
            )
            record = results / 'records' / f'eval_{name}.json'
            evaluate = Job(
                f'evaluate/{name}',
                f'evaluate {name}',
                self.command('evaluate', record),
                (str(record),),
                (pretrain.name,),
                priority=1,
                facts=facts | EVALUATION,
            )
            self.plan.jobs += [pretrain, evaluate]
            evaluations.append(evaluate.name)
        folder = str(results / 'tables/smoke')
        command, needs = self.command('tables', folder), tuple(evaluations)
        self.plan.jobs.append(Job('tables/x', 'make the tables', command, (folder,), needs))
        self.path = self.plan.write()

    def command(self, what: str, *arguments: object) -> tuple[str, ...]:
        return (PYTHON, STAND_IN, str(self.journal), what, *map(str, arguments))

    def start(self) -> subprocess.Popen:
        environment = dict(os.environ, PYTHONPATH=str(REPO))
        return subprocess.Popen(
            [sys.executable, '-c', RUNNER, str(self.path)],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def lines(self) -> list[str]:
        return self.journal.read_text().splitlines() if self.journal.exists() else []


@pytest.fixture
def stand_in(tmp_path):
    """``stand_in(broken='a')``: the plan, with the pretraining of that name failing."""
    return lambda broken='': StandIn(tmp_path, broken)
