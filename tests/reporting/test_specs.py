"""Table specs are data; wrong names end in one line."""

from __future__ import annotations

import pytest

from mlfo_mm.errors import UserError
from mlfo_mm.reporting.paper import load_paper, paper_file
from mlfo_mm.reporting.records import PROFILES
from mlfo_mm.reporting.specs import (
    PROFILE_SPECS,
    TABLES,
    Row,
    find_profile,
    find_table,
    homes,
)


def test_unknown_profile_has_did_you_mean():
    with pytest.raises(UserError, match=r"unknown profile 'pper' \(did you mean 'paper'\?\)"):
        find_profile('pper')
    with pytest.raises(UserError, match='one of smoke, demo, mini, paper'):
        find_profile('zzz')


def test_every_profile_has_columns():
    assert tuple(PROFILE_SPECS) == PROFILES
    assert all(find_profile(name).name == name for name in PROFILES)
    assert find_profile('paper').datasets == ('ucf101', 'hmdb51')


@pytest.mark.parametrize(
    ('method', 'variant', 'tables'),
    [
        ('mlfo', 'paper', ('',)),
        ('mlfo', 'official', ('',)),
        ('simclr', 'infonce', ('',)),
        ('mlfo', 'k4000', ('figure3',)),
        ('mlfo', 'e5', ('figure3',)),
        ('mlfo', 'a_new_one', ('table2',)),
    ],
)
def test_homes_of_variants(method, variant, tables):
    assert homes(method, variant) == tables


def test_homes_of_the_papers_ablations():
    for table in ('table2', 'table3'):
        for row in load_paper(paper_file(table, 'nowhere')):
            assert row.variant == 'paper' or table in homes(row.method, row.variant)


def test_tables_by_number_or_name():
    assert find_table('1') is find_table('table1') is TABLES['table1']
    assert find_table('levels') is TABLES['levels']
    assert [find_table(n).name for n in ('2', '3')] == ['table2', 'table3']
    with pytest.raises(UserError, match=r"unknown table 'levls' \(did you mean 'levels'\?\)"):
        find_table('levls')
    with pytest.raises(UserError, match="unknown table '7'"):
        find_table('7')


@pytest.mark.parametrize(
    ('row', 'label'),
    [
        (Row('mlfo', 'r3d18', 'ucf101', 'paper'), 'MLFO'),
        (Row('mlfo', 'r3d18', 'ucf101', 'official'), 'MLFO (official)'),
        (Row('random', 'r3d18', 'none', 'official'), 'Random weights'),
        (Row('mine', 'r3d18', 'ucf101'), 'mine'),
        (Row('mlfo', 'r3d18', 'ucf101', 'no_lower', name='w/o'), 'MLFO: w/o'),
    ],
)
def test_label(row, label):
    assert row.label == label
