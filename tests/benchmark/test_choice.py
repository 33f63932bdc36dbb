"""The choices that a user makes of the matrix."""

from __future__ import annotations

import pytest

from mlfo_mm.benchmark.choice import Choice, chosen_rows
from mlfo_mm.errors import UserError


def named(row):
    return row.method, row.backbone, row.variant


def test_demo_runs_the_pair_and_the_baselines():
    rows = chosen_rows(Choice('demo').checked())
    assert [row.method for row in rows] == ['mlfo', 'simclr', 'random', 'scratch', 'sts']
    full = Choice('demo', tables=('1', '2', '3', '4', 'levels')).checked()
    variants = {row.variant for row in chosen_rows(full)}
    assert {'no_lower', 'one_hot', 'instance', 'semantic', 'combined_high', 'ctm'} <= variants


def test_the_demo_finetunes_from_scratch_alone_unless_more_is_named():
    usual, named_ones = Choice('demo').checked(), Choice('demo', methods=('mlfo',)).checked()
    tasks = {row.method: usual.tasks_of(row) for row in chosen_rows(usual)}
    assert tasks['scratch'] == ('finetune',)
    assert tasks['mlfo'] == ('linear_probe', 'retrieval')
    rows = chosen_rows(named_ones)
    assert [row.name for row in rows] == ['default', 'official']
    assert all('finetune' in named_ones.tasks_of(row) for row in rows)


def test_a_method_or_a_variant_is_named():
    rows = chosen_rows(Choice('demo', methods=('cvrl', 'ctp7', 'contrast')).checked())
    assert [named(row) for row in rows] == [
        ('cvrl', 'r3d18', ''),
        ('pace', 'r3d18', 'contrast'),
        ('speednet', 'r3d18', 'ctp7'),
    ]
    both = Choice('demo', methods=('pace',), backbones=('r3d18', 'r2plus1d')).checked()
    assert [named(row) for row in chosen_rows(both)] == [
        ('pace', 'r2plus1d', 'contrast'),
        ('pace', 'r3d18', ''),
        ('pace', 'r3d18', 'contrast'),
    ]


def test_the_paper_profile_has_every_backbone():
    rows = chosen_rows(Choice('paper').checked())
    assert ('speednet', 's3dg', '') in [named(row) for row in rows]
    assert {row.backbone for row in rows} >= {'r3d18', 's3d', 'slowfast', 'r2plus1d', 'i3d'}


def test_seeds_of_mini():
    choice = Choice('mini').checked()
    seeds = {(row.method, row.name): len(choice.seeds_of(row)) for row in chosen_rows(choice)}
    variants = ('one_hot', 'instance', 'semantic', 'combined_high', 'no_temporal', 'ctm')
    assert {name for name, number in seeds.items() if number == 5} == {
        *(('mlfo', name) for name in ('default', 'official', 'no_lower', *variants)),
        *((name, 'default') for name in ('simclr', 'moco', 'random', 'scratch')),
    }
    assert {name for name, number in seeds.items() if number == 3} == {('cvrl', 'default')}
    more = Choice('mini', seeds=2).checked()
    assert {len(more.seeds_of(row)) for row in chosen_rows(more)} == {2}
    first = chosen_rows(choice)[0]
    assert 'finetune' in choice.tasks_of(first)
    assert 'finetune' not in choice.tasks_of(first, seed=1)
    assert 'finetune' in more.tasks_of(first, seed=1)
    scratch = next(row for row in chosen_rows(choice) if row.method == 'scratch')
    assert choice.tasks_of(scratch, seed=4) == ('finetune',)


def test_pictures_are_of_the_first_data_set_and_seed():
    choice = Choice('mini').checked()
    first = chosen_rows(choice)[0]
    shown = {'order', 'neighbours'}
    assert shown <= set(choice.tasks_of(first, 0, 'utdplain27'))
    assert not shown & set(choice.tasks_of(first, 0, 'msrplain20'))
    assert not shown & set(choice.tasks_of(first, 1, 'utdplain27'))


def test_sweeps_of_figure_3():
    rows = chosen_rows(Choice('mini', tables=('figure3',)).checked())
    options = {row.name: dict(row.options) for row in rows}
    assert options['prototypes_4']['model.prototypes.num_prototypes'] == 4
    assert options['first_stage_50']['model.first_stage'] == 0.5
    assert 'default' in options  # it stands in it


def test_small_profiles_run_rows_of_both_pretraining_sets_once():
    def runs(choice):
        rows = chosen_rows(choice.checked())
        return [row for row in rows if (row.recipe, row.backbone, row.name) == RECIPE]

    assert [row.method for row in runs(Choice('demo'))] == ['mlfo', 'random', 'scratch']
    paper = runs(Choice('paper', tables=('1', '4')))
    assert sorted(row.pretrain for row in paper if not row.untrained) == ['k400', 'ucf101']


RECIPE = ('mlfo', 'r3d18', 'default')


@pytest.mark.parametrize(
    ('options', 'message'),
    [
        (dict(profile='min'), "--profile min: unknown (did you mean 'mini'?)"),
        (dict(tables=('9',)), '--tables table9: unknown'),
        (dict(methods=('mlfoo',)), "--methods mlfoo: unknown (did you mean 'mlfo'?)"),
        (dict(tasks=('probe',)), '--task probe: unknown'),
        (dict(backbones=('r3d19',)), '--backbones r3d19: unknown'),
        (dict(seeds=0), '--seeds 0: at least 1'),
        (dict(tables=('sweep',)), '--tables sweep: say of what, --sweep KEY=VALUES'),
        (dict(tables=('1',), sweep=(('a', (1,)),)), '--sweep makes a table of its own'),
    ],
)
def test_unknown_names_are_refused(options, message):
    with pytest.raises(UserError) as error:
        Choice(**(dict(profile='demo') | options)).checked()
    assert message in str(error.value)


@pytest.mark.parametrize('profile', ['demo', 'mini', 'paper'])
def test_paddings_run_when_they_are_asked_for(profile):
    usual = {row.name for row in chosen_rows(Choice(profile).checked())}
    assert not any('time_' in name for name in usual)
    choice = Choice(profile, tables=('padding',)).checked()
    rows = [row for row in chosen_rows(choice) if row.method != 'random']
    assert {row.name for row in rows} == {
        f'{form}{join}{mark}' or 'default'
        for form in ('', 'official')
        for mark in ('', 'time_replicate', 'time_circular')
        for join in (['+'] if form and mark else [''])
    }
    assert {row.method for row in rows} == {'mlfo'}
    untrained = [row for row in chosen_rows(choice) if row.method == 'random']
    assert [row.variant for row in untrained] == ['', 'time_replicate', 'time_circular']
    assert choice.tasks_of(rows[0]) == ('linear_probe', 'retrieval', 'order')


def test_a_sweep_is_of_mlfo_unless_methods_are_named():
    sweep = (('model.first_stage', (0, 0.1)),)
    choice = Choice('mini', sweep=sweep).checked()
    rows = chosen_rows(choice)
    assert [row.name for row in rows] == ['model.first_stage=0', 'model.first_stage=0.1']
    assert {(row.method, row.backbone, row.swept) for row in rows} == {
        ('mlfo', 'r3d18', 'model.first_stage')
    }
    assert [dict(row.options)['model.first_stage'] for row in rows] == [0, 0.1]
    assert choice.tasks_of(rows[0]) == ('linear_probe', 'retrieval')
    assert len(choice.seeds_of(rows[0])) == 3
    more = Choice('mini', methods=('moco', 'one_hot'), sweep=sweep, tasks=('finetune',)).checked()
    assert [(row.method, row.name) for row in chosen_rows(more)] == [
        ('mlfo', 'one_hot+model.first_stage=0'),
        ('mlfo', 'one_hot+model.first_stage=0.1'),
        ('moco', 'model.first_stage=0'),
        ('moco', 'model.first_stage=0.1'),
    ]
    assert more.tasks_of(chosen_rows(more)[0]) == ('finetune',)
    two = Choice('paper', sweep=(*sweep, ('train_cfg.max_epochs', (5,)))).checked()
    rows = chosen_rows(two)
    assert {row.pretrain for row in rows} == {'k400'}
    assert {row.backbone for row in rows} == {'r3d18', 'slowfast', 's3d'}
    assert [row.swept for row in rows] == 6 * ['model.first_stage'] + 3 * ['train_cfg.max_epochs']
