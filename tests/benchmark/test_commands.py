"""What the commands print and call; the workflow itself is a stand-in here."""

from __future__ import annotations

import io
import re
import time
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from mlfo_mm.benchmark import commands, runner, where
from mlfo_mm.benchmark.choice import Choice
from mlfo_mm.benchmark.commands import COMMANDS
from mlfo_mm.benchmark.folders import Folders
from mlfo_mm.benchmark.jobs import Job
from mlfo_mm.benchmark.locks import lock
from mlfo_mm.benchmark.runner import Ending
from mlfo_mm.benchmark.state import Files, files, mark, write
from mlfo_mm.benchmark.where import Where
from mlfo_mm.errors import UserError
from tests.conftest import REPO


class Call:
    """``call(command)`` runs one on the stand-in's plan; the text that it printed comes back."""

    def __init__(self, case, folder: Path) -> None:
        self.case, self.plan = case, case.plan
        self.where = Where(Folders(REPO, folder / 'work', folder / 'results'), jobs=2)
        self.file = io.StringIO()

    def __call__(self, command: str, profile: str = 'smoke', **choice: object) -> str:
        console = Console(file=self.file, width=200)
        COMMANDS[command].call(Choice(profile, **choice).checked(), self.where, console)
        return self.text()

    def text(self) -> str:
        said = self.file.getvalue()
        self.file.truncate(self.file.seek(0))
        return said

    def of(self, name: str) -> Files:
        return files(self.plan, self.plan.job(name))


@pytest.fixture
def call(stand_in, tmp_path, monkeypatch):
    case = stand_in()
    monkeypatch.setenv('CUDA_VISIBLE_DEVICES', '')
    monkeypatch.setattr(where, 'make_plan', lambda *_: case.plan)
    return Call(case, tmp_path)


def ending_is(monkeypatch, **ending: object) -> None:
    monkeypatch.setattr(runner, 'run', lambda *_: Ending(**ending))


def test_the_plan_is_made_of_the_choice_and_the_answers_of_its_configs(monkeypatch, tmp_path):
    asked = []
    monkeypatch.setattr(where, 'resolve', lambda *arguments: asked.append(arguments) or ['it'])
    monkeypatch.setattr(
        where,
        'make_plan',
        lambda choice, folders, ask, gpus, all_: (choice, ask(['what']), gpus, all_),
    )
    place = Where(Folders(REPO, tmp_path, tmp_path), gpus_per_run=4)
    assert place.plan('choice', without_data=True) == ('choice', ['it'], 4, True)
    assert asked == [(['what'], REPO, tmp_path / 'benchmark/configs.json')]


def test_list_has_a_row_for_each_experiment(call, tmp_path):
    said = call('list', 'demo', tables=('2', 'figure3'))
    assert 'profile demo, data sets digits_motion' in said
    rows = [re.split(r'[\s│]+', line.strip(' │'))[:3] for line in said.splitlines()]
    assert ['mlfo/r3d18@demo+one_hot', 'pretrained', 'table2'] in rows
    assert 'model.prototypes.num_prototypes=' in said
    assert 'once they have a card' not in call('list', 'paper')
    sweep = (('model.loss.name', ('[/red]', '[bold]')),)  # no markup of the terminal
    said = call('list', 'demo', sweep=sweep)
    assert '=[/red]' in said and '=[bold]' in said
    call.where = Where(Folders(tmp_path, tmp_path, tmp_path))
    said = re.sub(r'\s+', ' ', call('list', 'demo'))
    assert re.search(r'quoted, to run once they have a card: .*scratch/r3d18 \(table1', said)


def test_plan_says_what_is_to_do_and_how_long_it_takes(call, monkeypatch):
    names = ['pretrain/a', 'evaluate/a', 'tables/x']
    monkeypatch.setattr(commands, 'to_do', lambda plan: (list(map(plan.job, names)), False))
    call.plan.missing.append('table4: no videos [of ucf101]')
    said = call('plan')
    assert said.startswith('  - pretrain a\n  - evaluate a\n5 jobs, 3 to do:\n')
    assert re.findall(r'^  (\w+) +(\d of \d)$', said, re.MULTILINE) == [
        ('pretrain', '1 of 2'),
        ('evaluate', '1 of 2'),
        ('tables', '1 of 1'),
    ]
    assert re.findall(r'^  - (.+)$', said, re.MULTILINE) == [
        'pretrain a',
        'evaluate a',
        'table4: no videos [of ucf101]',
    ]
    assert 'time, 2 at a time: unknown, no earlier run to judge by' in said
    assert '2 jobs by nothing: unknown' in said
    assert 'videos (training + test): pair unknown' in said
    write(call.of('pretrain/b').marker, products=[], seconds=600.0)
    write(call.of('evaluate/b').marker, products=[], seconds=300.0)
    said = call('plan')
    assert 'time, 2 at a time: about 15 min' in said
    assert re.search(r'table4 │ 2    │ 15 min', said)
    assert '2 jobs by earlier runs here' in said
    names.clear()
    assert 'time' not in call('plan')


def test_run_ends_with_the_tables_on_the_terminal(call, monkeypatch, tmp_path):
    ending_is(monkeypatch)
    assert call('run') == ''
    assert call.case.lines() == ['begin tables', 'done tables']
    # figures that something failed under are made of what is there
    figures = Job('figures/x', 'figures', call.case.command('tables', tmp_path / 'figures'))
    call.plan.jobs.append(figures)
    ending_is(monkeypatch, left_out=['figures/x'])
    call('run')
    assert call.case.lines().count('done tables') == 3
    assert (tmp_path / 'figures').is_dir()


def test_run_without_jobs_says_what_is_missing(call):
    call.plan.jobs.clear()
    with pytest.raises(UserError, match=r'^nothing can run: the choice is empty$'):
        call('run')
    call.plan.missing += ['no videos of ucf101', 'no config']
    with pytest.raises(UserError, match=r'^nothing can run: no videos of ucf101; no config$'):
        call('run')
    assert call.text() == 'missing, so left out:\n  - no videos of ucf101\n  - no config\n'


def test_run_refuses_a_pretraining_that_would_wait_forever_for_gpus(call, monkeypatch):
    ending_is(monkeypatch)
    jobs = call.plan.jobs
    jobs[0] = replace(jobs[0], gpus=4)
    call('run')  # on CPUs these are processes
    monkeypatch.setattr(runner, 'visible_gpus', lambda: ('0', '1'))
    with pytest.raises(UserError, match=r'takes 4 GPUs, this run has 2: --gpus-per-run 2'):
        call('run')
    monkeypatch.setattr(runner, 'visible_gpus', lambda: ('0', '1', '2', '3'))
    call('run')
    monkeypatch.setattr(runner, 'visible_gpus', lambda: ('0',))
    monkeypatch.setattr(commands, 'to_do', lambda plan: (jobs[1:], False))  # it is done
    call('run')


def test_run_shows_the_last_lines_of_what_failed(call, monkeypatch):
    log = call.of('pretrain/a').log
    log.parent.mkdir(parents=True)
    log.write_text(''.join(f'line {number} [b]\n' for number in range(20)))
    left_out = ['evaluate/a', 'tables/x']
    failed = {'pretrain/a': 'no luck today', 'evaluate/b': 'gone'}
    ending_is(monkeypatch, failed=failed, left_out=left_out)
    with pytest.raises(
        UserError,
        match=r'^2 failed, 1 left out because of them; the same command tries them again$',
    ):
        call('run')
    said = call.text().splitlines()
    assert said[:2] == ['failed: pretrain a: no luck today', f'  {log}:']
    assert said[2:10] == [f'  | line {number} [b]' for number in range(12, 20)]
    assert said[10:] == ['failed: evaluate b: gone', f'  {call.of("evaluate/b").log}:']  # no log
    ending_is(monkeypatch, failed={'evaluate/b': 'gone'})
    with pytest.raises(UserError, match=r'^1 failed; the same command tries them again$'):
        call('run')


def test_a_workflow_that_broke_ends_with_its_reason(call, monkeypatch):
    ending_is(monkeypatch, left_out=['figures/x'], error='Snakemake ended with 1 (killed)')
    with pytest.raises(UserError, match=r'ended with 1 \(killed\); the same command goes on from'):
        call('run')


def test_status_of_each_job(call, tmp_path):
    record = tmp_path / 'results/records/eval_b.json'
    record.parent.mkdir(parents=True)
    record.write_text('{}')
    mark(call.plan, call.plan.job('evaluate/b'), {})
    write(call.of('pretrain/a').state, status='failed', reason='no luck today')
    said = call('status').splitlines()
    assert said == [
        f'failed   pretrain a: no luck today (log: {call.of("pretrain/a").log})',
        'to do    evaluate a',
        'spare    pretrain b',  # its evaluation is there
        'done     evaluate b',
        'to do    make the tables',
        '1 failed, 2 to do, 1 spare, 1 done',
    ]
    record.unlink()
    assert 'to do    pretrain b' in call('status')


def test_status_says_how_far_what_runs_is(call):
    found = call.of('pretrain/a')
    write(found.state, status='running', start=time.time() - 120, pid=0)
    write(found.progress, what='epoch 3/10', share=0.3, left=300.0, told=time.time())
    with lock(found.lock, wait=True):
        said = call('status')
    assert 'running  pretrain a: epoch 3/10, 2 min, about 5 min left of it' in said


def test_status_leaves_the_markers_of_a_run_under_way_alone(call):
    write(call.of('evaluate/b').marker, products={'gone': [1, 2]})
    with lock(Path(call.plan.folder) / 'runner.lock', wait=True):
        said = call('status')
        assert call('plan').startswith('a run is under way\n  - pretrain')
    assert said.startswith('a run is under way\n') and 'done     evaluate b' in said
    assert 'to do    evaluate b' in call('status')


def test_report_names_its_page(call, tmp_path):
    (tmp_path / 'results').mkdir()
    assert call('report') == f'{tmp_path}/results/report_smoke.html\n'
    assert '<html' in (tmp_path / 'results/report_smoke.html').read_text()


def test_clean_says_what_goes_and_how_much(call, tmp_path):
    path = tmp_path / 'work/evaluate/features/ab.npz'
    path.parent.mkdir(parents=True)
    path.write_bytes(b'12345')
    call.where = replace(call.where, dry_run=True)
    assert 'stored features, of all profiles: would remove 1 files, 5 bytes, in' in call('clean')
    assert path.is_file()
    call.where = replace(call.where, dry_run=False, checkpoints=True)
    assert 'features' not in call('clean')
    call.where = replace(call.where, features=True)
    assert 'removed 1 files, 5 bytes' in call('clean') and not path.exists()
    lock_file = call.where.folders.benchmark / 'smoke/runner.lock'
    with lock(lock_file, wait=True), pytest.raises(UserError, match='a run is under way'):
        call('clean')
