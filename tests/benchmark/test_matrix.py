"""The matrix against the paper's rows, and the choices that a user makes of it."""

from __future__ import annotations

import csv

import pytest

from mlfo_mm.benchmark.matrix import COMPARATORS, EXPERIMENTS, TABLE_TASKS
from mlfo_mm.benchmark.profiles import PROFILES, Choice, chosen_rows
from mlfo_mm.errors import UserError
from tests.conftest import REPO

SUFFIX = dict(kinetics400='k400', kinetics600='k600', ucf101='ucf101')
VARIANT = dict(paper='')


def quoted(table: str) -> set[tuple[str, ...]]:
    """Method, variant, backbone, pretraining set and task of each row that the paper prints."""
    with (REPO / f'results/paper/{table}.csv').open(newline='') as file:
        return {
            (
                row['method'],
                VARIANT.get(row['variant'], row['variant']),
                row['backbone'],
                SUFFIX[row['pretrain']],
                row['task'],
            )
            for row in csv.DictReader(file)
        }


@pytest.mark.parametrize('table', ['table1', 'table2', 'table3', 'table4'])
def test_every_row_of_the_paper_has_its_experiment(table):
    planned = {
        (row.method, row.variant, row.backbone, row.pretrain, task)
        for row in (*EXPERIMENTS, *COMPARATORS)
        for task in row.needs((table,), TABLE_TASKS[table])
    }
    assert quoted(table) <= planned


def test_configs_and_changes_of_the_small_profiles_are_there():
    for name in ('smoke', 'demo', 'mini'):
        choice = Choice(name, tables=tuple(TABLE_TASKS)).checked()
        for row in chosen_rows(choice):
            for path in PROFILES[name].config(row).split('+'):
                assert row.optional or (REPO / path).is_file(), path


def test_demo_runs_the_pair_and_the_baselines():
    rows = chosen_rows(Choice('demo').checked())
    assert [(row.method, row.variant) for row in rows if not row.optional] == [
        ('mlfo', ''),
        ('simclr', ''),
        ('random', ''),
        ('scratch', ''),
    ]
    full = Choice('demo', tables=('1', '2', '3', '4', 'levels')).checked()
    variants = {row.variant for row in chosen_rows(full)}
    assert {'no_lower', 'one_hot', 'instance', 'semantic', 'combined_high', 'ctm'} <= variants


def test_variants_are_named_by_options_change_or_folder():
    for name, config in (('cvrl', 'simclr/cvrl/r3d18'), ('ctp7', 'speednet/ctp7/r3d18')):
        (row,) = chosen_rows(Choice('demo', methods=(name,)).checked())
        assert row.config == config
    rows = chosen_rows(Choice('demo', methods=('contrast',)).checked())
    assert [row.config for row in rows] == ['pace/r2plus1d', 'pace/r3d18']
    assert {row.change for row in rows} == {'pace/ablations/contrast'}


def test_seeds_of_mini():
    choice = Choice('mini').checked()
    seeds = {
        (row.method, row.variant): len(choice.seeds_of(row))
        for row in chosen_rows(choice)
        if not row.optional
    }
    three = {name for name, number in seeds.items() if number == 3}
    assert three == {('mlfo', v) for v in ('', 'no_lower', 'no_temporal', 'ctm')}
    more = Choice('mini', seeds=2).checked()
    assert {len(more.seeds_of(row)) for row in chosen_rows(more)} == {2}
    first = chosen_rows(choice)[0]
    assert 'finetune' in choice.tasks_of(first)
    assert 'finetune' not in choice.tasks_of(first, seed=1)
    assert 'finetune' in more.tasks_of(first, seed=1)


def test_sweeps_of_figure_3():
    rows = chosen_rows(Choice('mini', tables=('figure3',)).checked())
    options = {row.variant: dict(row.options) for row in rows}
    assert options['k4']['model.prototypes.num_prototypes'] == 4
    assert options['e50']['model.first_stage'] == 0.5
    assert '' in options  # the default stands in it


def test_small_profiles_run_rows_of_both_pretraining_sets_once():
    small = [row for row in chosen_rows(Choice('demo').checked()) if row.config == 'mlfo/r3d18']
    paper = [
        row
        for row in chosen_rows(Choice('paper', tables=('1', '4')).checked())
        if row.config == 'mlfo/r3d18'
    ]
    assert [row.untrained for row in small] == ['', 'random', 'scratch']
    assert sorted(row.pretrain for row in paper if not row.untrained) == ['k400', 'ucf101']


@pytest.mark.parametrize(
    ('options', 'message'),
    [
        (dict(profile='min'), "--profile min: unknown (did you mean 'mini'?)"),
        (dict(tables=('9',)), '--tables table9: unknown'),
        (dict(methods=('mlfoo',)), "--methods mlfoo: unknown (did you mean 'mlfo'?)"),
        (dict(tasks=('probe',)), '--tasks probe: unknown'),
        (dict(backbones=('r3d19',)), '--backbones r3d19: unknown'),
        (dict(seeds=0), '--seeds 0: at least 1'),
    ],
)
def test_unknown_names_are_refused(options, message):
    with pytest.raises(UserError) as error:
        Choice(**(dict(profile='demo') | options)).checked()
    assert message in str(error.value)
