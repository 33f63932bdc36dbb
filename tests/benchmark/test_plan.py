"""From choices to jobs: command lines, identities, and what is missing."""

from __future__ import annotations

import itertools
import os
import shutil
import subprocess
import sys
from dataclasses import asdict

import pytest

from mlfo_mm.benchmark.choice import Choice
from mlfo_mm.benchmark.folders import Folders
from mlfo_mm.benchmark.jobs import EVALUATIONS, Plan
from mlfo_mm.benchmark.plan import make_plan
from mlfo_mm.benchmark.resolve import pretraining, protocol, resolve
from mlfo_mm.datasets import annotation
from mlfo_mm.study import experiments
from mlfo_mm.study.experiments import Experiment
from mlfo_mm.study.identity import (
    TIME_PADDINGS,
    Pretraining,
    Protocol,
    hash_text,
    pretraining_identity,
)
from mlfo_mm.study.runs import SETS
from tests.conftest import REPO

KEY = 'model.first_stage'


def ask(questions):
    """Answers without mmengine: an identity from the question alone."""
    answers = []
    for question in questions:
        mark = hash_text(repr(question))
        if question['kind'] == 'protocol':
            told = Protocol(1, question['task'], '', 1, 'prob', False, False, mark)
            answers.append(dict(protocol=asdict(told)))
            continue
        name, _, variant = question['run'].partition('+')
        name, _, scale = name.partition('@')
        method, backbone = name.split('/')
        trained = Pretraining(
            method,
            question['options'].get('variant', variant or 'default'),
            backbone,
            question['dataset'] or SETS.get(scale, scale),
            'paper' if scale in SETS else scale,
            mark,
            backbone,
            time_padding=next((p for p in TIME_PADDINGS if variant.endswith(p)), 'zeros'),
        )
        answers.append(
            dict(pretraining=asdict(trained), epochs=2, options=dict(question['options']))
        )
    return answers


@pytest.fixture
def plan(tmp_path, digits, monkeypatch):
    """``plan(profile, **choice)``: the plan, in the repository."""
    monkeypatch.chdir(REPO)

    def make(profile: str = 'smoke', processes: int = 0, **options) -> Plan:
        folders = Folders(REPO, tmp_path / 'runs', tmp_path / 'results')
        return make_plan(Choice(profile, **options).checked(), folders, ask, processes)

    return make


def titles(plan: Plan, rule: str) -> list[str]:
    return [job.title for job in plan.jobs if job.rule == rule]


def test_smoke_from_pretraining_to_tables(plan, tmp_path):
    made = plan()
    assert made.missing == []
    assert [job.rule for job in made.jobs] == (
        ['pretrain'] * 2 + ['evaluate'] * 3 + ['finetune'] * 6 + ['tables']
    )
    first = made.jobs[0]
    work_dir = str(first.checkpoint.parent)
    assert ' '.join(first.command) == (
        '{python} tools/train.py mlfo/r3d18@smoke '
        f'--work-dir {work_dir} --seed 0 --results {tmp_path}/results'
    )
    assert work_dir.startswith(f'{tmp_path}/runs/smoke/mlfo-default_digits_motion_')
    assert work_dir.endswith('_seed0')
    probe = next(job for job in made.jobs if job.needs == (first.name,))
    assert ' '.join(probe.command) == (
        f'{{python}} tools/evaluate.py {work_dir}/epoch_2.pth '
        '--task linear_probe retrieval --dataset digits_motion digits_class --seed 0 --reuse '
        f'--results {tmp_path}/results --work-dir {tmp_path}/runs/evaluate'
    )
    checkpoint, record = first.products
    assert checkpoint == f'{work_dir}/epoch_2.pth'
    assert record.startswith(
        f'{tmp_path}/results/records/smoke/mlfo-default-r3d18-digits_motion-pretrain-'
    )
    assert first.facts['recorder'] == [
        *('{python}', 'tools/record_pretraining.py', work_dir, '--results', f'{tmp_path}/results')
    ]
    about = [each['experiment'] for each in made.identities(probe.facts)]
    assert probe.products == tuple(
        f'{tmp_path}/results/records/smoke/{each}.json' for each in about
    )
    assert [name.split('-')[4] for name in about] == 2 * ['linear_probe', 'retrieval']
    assert made.jobs[-1].products == (f'{tmp_path}/results/tables/smoke',)
    untrained = [job for job in made.jobs if 'none' in job.command]
    assert {job.command[1:4] for job in untrained} == {
        ('tools/evaluate.py', 'mlfo/r3d18@smoke', 'none')
    }
    assert {job.needs for job in untrained} == {()}
    assert {(job.facts['method'], job.rule) for job in untrained} == {
        ('random', 'evaluate'),
        ('scratch', 'finetune'),
    }
    assert len(made.jobs[-1].needs) == 9
    assert made.job(probe.name) is probe


def test_a_sweep_is_a_training_for_each_value(plan):
    made = plan(methods=('mlfo',), tasks=('retrieval',), sweep=((KEY, (0, 0.5)),))
    assert [job.rule for job in made.jobs] == [
        *2 * ['pretrain'],
        *2 * ['evaluate'],
        'tables',
        'figures',
    ]
    for job, probe, value in zip(made.jobs[:2], made.jobs[2:4], ('0', '0.5'), strict=True):
        assert job.command[-3:] == ('--cfg-options', f'variant={KEY}={value}', f'{KEY}={value}')
        assert f'/mlfo-{KEY}_{value}_digits_motion_' in str(job.checkpoint)
        assert probe.needs == (job.name,) and str(job.checkpoint) in probe.command
        assert job.facts['tables'] == probe.facts['tables'] == ['sweep']


def test_the_runner_needs_no_torch():
    """Only who answers for the configs loads it, in a process of its own."""
    modules = [path.stem for path in (REPO / 'mlfo_mm/benchmark').glob('*.py')]
    code = f'import sys, importlib\nfor name in {modules}: importlib.import_module('
    code += "'mlfo_mm.benchmark.' + name)\nprint([n for n in ('torch', 'mmengine') if n in sys.modules])"
    command, environment = [sys.executable, '-c', code], os.environ | dict(PYTHONPATH=str(REPO))
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == '[]\n'


def test_choices_narrow_the_plan(plan):
    made = plan(methods=('byol', 'ctm'), tables=('2', '3', '4'), tasks=('retrieval',))
    assert titles(made, 'pretrain') == ['pretrain byol-default-r3d18 on digits_motion, seed 0']
    assert not titles(made, 'finetune')
    made = plan(tables=('figure3',), methods=('prototypes_4',), seeds=2)
    for job in made.jobs:  # what a checkpoint carries need not be said
        assert ('--cfg-options' in job.command) == (job.rule == 'pretrain')
    assert [job.command[-2:] for job in made.jobs if job.rule == 'pretrain'] == [
        ('variant=prototypes_4', 'model.prototypes.num_prototypes=4')
    ] * 2
    assert [job.facts['seed'] for job in made.jobs if job.rule == 'pretrain'] == [0, 1]
    assert [job.rule for job in made.jobs][-2:] == ['tables', 'figures']


def test_broken_videos_are_passed_over_when_asked_to(plan):
    made, plain = plan(skip_broken=True), plan()
    for job in made.jobs:
        assert ('--skip-broken' in job.command) == (job.rule in EVALUATIONS)
    names = [{job.name for job in each.jobs if job.rule != 'tables'} for each in (made, plain)]
    assert {name for name in names[0] & names[1] if not name.startswith('pretrain/')} == set()
    assert {name for name in names[0] ^ names[1] if name.startswith('pretrain/')} == set()


def test_other_data_are_pretrained_on_and_evaluated(plan):
    made = plan('mini', datasets=('digits_class',), tables=('4',))
    assert 'pretrain mlfo-default-r3d18 on digits_class, seed 0' in titles(made, 'pretrain')
    assert {tuple(j.facts['datasets']) for j in made.jobs if j.rule == 'evaluate'} == {
        ('digits_class',)
    }


def test_what_is_missing_is_said_and_left_out(plan, tmp_path, monkeypatch):
    made = plan('paper', tables=('1', '3'), methods=('mlfo', 'simclr'))
    assert made.jobs == []
    text = '\n'.join(made.missing)
    assert "data: no data set 'kinetics400'" in text
    # not only MLFO_DATA_ROOT: a demo may have left its data in ./data
    monkeypatch.setattr(annotation, 'data_roots', lambda: [tmp_path])
    made = plan('demo')
    assert [job.title for job in made.jobs if job.rule == 'data'] == ['make the data']
    data = made.jobs[0]
    assert all(data.name in job.needs for job in made.jobs if job.rule == 'pretrain')
    assert all(data.name not in job.sources for job in made.jobs)


def test_processes_of_the_paper_profile(plan, digits):
    for name in ('ucf101', 'hmdb51'):
        shutil.copytree(digits / 'digits_motion', digits / name, dirs_exist_ok=True)
    try:
        made = plan('paper', tables=('4',), methods=('mlfo',))
        assert len(made.missing) == 1  # Kinetics-400
        (job,) = (job for job in made.jobs if job.rule == 'pretrain')
        program, *rest = job.command[:4]
        assert program == 'bash'
        assert rest == ['tools/dist_train.sh', 'mlfo/r3d18@ucf101', '8']
        assert job.gpus == 8
        alone = plan('paper', 1, tables=('4',), methods=('mlfo',), datasets=('ucf101',))
        assert alone.jobs[0].command[1] == 'tools/train.py'
    finally:
        for name in ('ucf101', 'hmdb51'):
            shutil.rmtree(digits / name)


def test_a_new_row_appears(plan, monkeypatch):
    row = Experiment('mlfo', 'r3d18', ('table3',), 'reverse_only')
    monkeypatch.setattr(experiments, 'EXPERIMENTS', (*experiments.EXPERIMENTS, row))
    made = plan(tables=('3',), methods=('reverse_only',))
    assert titles(made, 'pretrain') == ['pretrain mlfo-reverse_only-r3d18 on digits_motion, seed 0']
    assert made.jobs[0].command[2] == 'mlfo/r3d18@smoke+reverse_only'
    assert len(titles(made, 'evaluate')) == 1


def test_the_demo_runs_other_methods_when_asked_to(plan):
    def methods(**options):
        made = plan('demo', **options)
        return {job.facts['method'] for job in made.jobs if job.rule == 'pretrain'}

    assert methods() == {'mlfo', 'simclr', 'sts'}
    assert methods(methods=('moco', 'vcop')) == {'moco', 'vcop'}


def test_order_is_by_seed_then_row(plan):
    made = plan('mini', datasets=('digits_motion',), tables=('2',))
    runs = [job for job in made.jobs if job.rule == 'pretrain']
    assert [job.facts['seed'] for job in runs] == sorted(job.facts['seed'] for job in runs)
    # what evaluates a row comes before the next row is trained
    evaluate = {job.needs[0]: job for job in made.jobs if job.rule == 'evaluate'}
    for job, following in itertools.pairwise(runs):
        assert job.priority < evaluate[job.name].priority
        assert evaluate[job.name].priority > following.priority


def test_figures_show_the_first_seed_and_data_set(plan):
    sets = ('digits_motion', 'digits_class')
    chosen = dict(datasets=sets, tables=('3', 'figure5'), methods=('ctm',))

    def order(number, **options):
        made = plan('mini', **chosen, **options)
        jobs = [job for job in made.jobs if job.rule == 'evaluate']
        assert len(jobs) == 2 * number
        return {
            (j.facts['seed'], *j.facts['datasets']) for j in jobs if 'order' in j.facts['tasks']
        }

    assert order(5) == {(0, sets[0])}
    assert order(3, seeds=3) == {(seed, sets[0]) for seed in range(3)}


def test_identities_follow_the_configs(digits, tmp_path):
    root, cache = tmp_path / 'copy', tmp_path / 'cache.json'
    shutil.copytree(REPO / 'configs', root / 'configs')
    shutil.copytree(REPO / 'mlfo_mm', root / 'mlfo_mm')
    run = 'mlfo/r3d18@smoke'
    questions = [
        pretraining(run, ''),
        pretraining(run, 'digits_class'),
        pretraining(run, '', {'variant': 'prototypes_4', 'model.prototypes.num_prototypes': 4}),
        pretraining('simclr/r3d18@smoke', ''),
        protocol('linear_probe', 'smoke'),
        pretraining('nothing/r3d18@smoke', ''),
        *(
            pretraining(run, '', {'variant': f'{KEY}={e}', KEY: e}, KEY) for e in (0.1, 0.5)
        ),  # 0.5: the recipe's
        pretraining(run, '', {'variant': 'x', 'model.frst_stage': 1}, 'model.frst_stage'),
    ]
    *answers, task, error, swept, same, unknown = resolve(questions, root, cache)
    runs = [Pretraining(**answer['pretraining']) for answer in answers]
    own, other, few, info = runs
    assert len({pretraining_identity(each, 0)['experiment'] for each in runs}) == 4
    assert (own.method, own.variant, own.dataset) == ('mlfo', 'default', 'digits_motion')
    assert (few.variant, info.method, own.profile) == ('prototypes_4', 'simclr', 'smoke')
    assert own.bare == info.bare
    assert answers[1]['options'] == dict(pretrain_dataset='digits_class')
    assert other.dataset == 'digits_class'
    assert 'nothing' in error['error']
    # a value of a sweep is a run of its own, unless it is the recipe's (0.5)
    assert swept['options'] == {'variant': f'{KEY}=0.1', KEY: 0.1}
    assert swept['pretraining']['text'] != own.text
    assert same == answers[0]
    assert "did you mean 'first_stage'" in unknown['error']
    assert cache.is_file()
    # a change of MLFO's own config leaves the tasks alone; random weights too
    path = root / 'configs/mlfo/r3d18_k400.py'
    path.write_text(path.read_text() + "model.update(augmentations=('reverse',))\n")
    changed, *_, task_again = resolve(questions[:5], root, cache)
    assert changed['pretraining']['text'] != own.text
    assert changed['pretraining']['bare'] == own.bare
    assert task_again == task


def test_methods_that_are_not_there_or_cannot_be_read_are_missing(digits, tmp_path):
    shutil.copytree(REPO / 'configs', tmp_path / 'configs')
    choice = Choice('demo', tables=('1', '2'), methods=('mlfo', 'simclr', 'cvrl')).checked()

    broken = {}

    def asked(questions):
        wrong = {'simclr/r3d18@demo': 'simclr: no', **broken}
        names = [question.get('run', question.get('task')) for question in questions]
        return [
            dict(error=wrong[name]) if name in wrong else answer
            for name, answer in zip(names, ask(questions), strict=True)
        ]

    def made() -> Plan:
        return make_plan(choice, Folders(tmp_path, tmp_path / 'runs', tmp_path / 'results'), asked)

    plan = made()
    assert plan.missing == ['simclr: no']
    assert {job.facts['method'] for job in plan.jobs if job.rule == 'evaluate'} == {'mlfo', 'cvrl'}
    (tmp_path / 'configs/simclr/method.toml').unlink()
    (tmp_path / 'configs/cvrl/method.toml').unlink()  # a comparator may be quoted alone
    plan = made()
    assert plan.missing == ['no card of the method simclr']
    assert {job.facts['method'] for job in plan.jobs if job.rule == 'evaluate'} == {'mlfo'}
    broken['linear_probe'] = 'cannot read config'
    plan = made()
    assert set(plan.missing) == {'no card of the method simclr', 'cannot read config'}
    assert not titles(plan, 'evaluate')


def test_paddings_from_pretraining_to_their_figure(plan):
    made = plan(tables=('padding',))
    assert made.missing == []
    found = {
        (job.facts['method'], job.facts['variant']) for job in made.jobs if job.rule == 'evaluate'
    }
    assert found == {
        *(('mlfo', name) for name in ('default', 'time_replicate', 'time_circular', 'official')),
        *(('mlfo', f'official+time_{padding}') for padding in TIME_PADDINGS[1:]),
        *(('random', name) for name in ('', 'time_replicate', 'time_circular')),
    }
    assert [job.rule for job in made.jobs].count('pretrain') == 6
    assert {'tables', 'figures'} <= {job.rule for job in made.jobs}
    (trains,) = {
        ' '.join(job.command)
        for job in made.jobs
        if job.rule == 'pretrain' and job.facts['variant'] == 'official+time_circular'
    }
    assert 'tools/train.py mlfo/r3d18@smoke+official+time_circular ' in trains
