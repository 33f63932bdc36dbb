"""The matrix against the paper's rows, and how its runs are spelled."""

from __future__ import annotations

import csv

import pytest

from mlfo_mm.reporting.paper import load_paper, paper_file
from mlfo_mm.study.experiments import (
    COMPARATORS,
    EXPERIMENTS,
    SWEPT_VALUE,
    Experiment,
    from_cards,
    homes,
    sweep,
    swept_variant,
)
from mlfo_mm.study.methods import cards
from mlfo_mm.study.profiles import PROFILES
from mlfo_mm.study.tasks import TABLE_TASKS
from tests.conftest import REPO

PRETRAIN = dict(kinetics400='k400', kinetics600='k600', ucf101='ucf101')


def quoted(table: str) -> set[tuple[str, ...]]:
    """Method, variant, backbone, pretraining set and task of each row that the paper prints."""
    with (REPO / f'results/paper/{table}.csv').open(newline='') as file:
        return {
            (
                row['method'],
                row['variant'] or 'default',
                row['backbone'],
                PRETRAIN[row['pretrain']],
                row['task'],
            )
            for row in csv.DictReader(file)
        }


@pytest.mark.parametrize('table', ['table1', 'table2', 'table3', 'table4'])
def test_every_row_of_the_paper_has_its_experiment(table):
    planned = {
        (row.method, row.name, row.backbone, row.pretrain, task)
        for row in (*EXPERIMENTS, *COMPARATORS, *from_cards())
        for task in row.needs((table,), TABLE_TASKS[table])
    }
    assert quoted(table) <= planned


def test_rows_of_cards():
    rows = {(row.method, row.name): row for row in from_cards()}
    assert {key for key, _ in rows} == set(cards()) - {'mlfo', 'simclr'}
    assert (rows['moco', 'default'].seeds, rows['cvrl', 'default'].seeds) == (5, 3)
    assert rows['moco', 'default'].tables == ('table1', 'table4', 'levels')
    assert {('pace', 'contrast'), ('speednet', 'ctp7'), ('vcop', 'default')} <= set(rows)
    assert {row.pretrain for row in rows.values()} == {'k400', 'ucf101'}
    assert all(row.comparator and row.backbone == 'r3d18' for row in rows.values())


@pytest.mark.parametrize(
    ('row', 'small', 'large'),
    [
        (Experiment('mlfo', 'r3d18', ()), 'mlfo/r3d18@mini', 'mlfo/r3d18@k400'),
        (
            Experiment('mlfo', 's3d', (), 'ctm', pretrain='ucf101'),
            'mlfo/s3d@mini+ctm',
            'mlfo/s3d@ucf101+ctm',
        ),
        (Experiment('scratch', 'r3d18', ()), 'mlfo/r3d18@mini', 'mlfo/r3d18@k400'),
        (sweep((4,), ())[0], 'mlfo/r3d18@mini', 'mlfo/r3d18@k400'),
    ],
)
def test_spelling_of_a_run(row, small, large):
    assert (row.run(PROFILES['mini']), row.run(PROFILES['paper'])) == (small, large)


def test_sweeps_name_what_they_change():
    by_k, by_e = sweep((4,), (50,))
    assert (by_k.name, by_k.options['model.prototypes.num_prototypes']) == ('prototypes_4', 4)
    assert (by_e.name, by_e.options['model.first_stage']) == ('first_stage_50', 0.5)


@pytest.mark.parametrize(
    ('method', 'variant', 'tables'),
    [
        ('mlfo', 'default', ('',)),
        ('mlfo', 'official', ('',)),
        ('simclr', 'default', ('',)),
        ('mlfo', 'prototypes_4000', ('figure3',)),
        ('mlfo', 'first_stage_5', ('figure3',)),
        ('mlfo', 'a_new_one', ('table2',)),
    ],
)
def test_homes_of_variants(method, variant, tables):
    assert homes(method, variant) == tables


def test_homes_of_the_papers_ablations():
    for table in ('table2', 'table3'):
        for row in load_paper(paper_file(table, 'nowhere')):
            assert row.variant == 'default' or table in homes(row.method, row.variant)


@pytest.mark.parametrize('method', ['mlfo', 'simclr', 'random'])
def test_runs_of_another_padding_stand_in_a_table_of_their_own(method):
    for variant in ('time_replicate', 'official+time_circular', 'one_hot+time_circular'):
        assert homes(method, variant) == ('padding',)


def test_the_runs_of_a_padding_are_spelled_as_they_are_called():
    rows = [row for row in EXPERIMENTS if row.name == 'official+time_circular']
    (run,) = [row.run(PROFILES['mini']) for row in rows]
    assert run == 'mlfo/r3d18@mini+official+time_circular'


@pytest.mark.parametrize(
    ('variant', 'value', 'name'),
    [
        ('', 0.1, 'a.b=0.1'),
        ('default', 0.1, 'a.b=0.1'),
        ('one_hot', 3, 'one_hot+a.b=3'),
        ('', [1, 2], 'a.b=1,_2'),
        ('', None, 'a.b=None'),
        ('', '', 'a.b=none'),
        ('', '../x', 'a.b=.._x'),
    ],
)
def test_a_value_of_a_sweep_is_a_variant(variant, value, name):
    made = swept_variant(variant, 'a.b', value)
    assert made == name
    assert homes('mlfo', made) == homes('moco', made) == ('sweep',)
    assert SWEPT_VALUE.fullmatch(made)['key'] == 'a.b'


def test_long_values_of_a_sweep_are_told_apart():
    one, other = (swept_variant('', 'a', 'x' * 100 + end) for end in '12')
    assert one != other and len(one) < 60
