"""Table specs are data; wrong names end in one line."""

from __future__ import annotations

import pytest

from mlfo_mm.errors import UserError
from mlfo_mm.reporting.records import PROFILES
from mlfo_mm.reporting.specs import PROFILE_SPECS, TABLES, Row, find_profile, find_table


def test_unknown_profile_has_did_you_mean():
    with pytest.raises(UserError, match=r"unknown profile 'pper' \(did you mean 'paper'\?\)"):
        find_profile('pper')
    with pytest.raises(UserError, match='one of smoke, demo, mini, paper'):
        find_profile('zzz')


def test_every_profile_has_columns():
    assert tuple(PROFILE_SPECS) == PROFILES
    assert all(find_profile(name).name == name for name in PROFILES)
    assert find_profile('paper').datasets == ('ucf101', 'hmdb51')


def test_tables_by_number_or_name():
    assert find_table('1') is find_table('table1') is TABLES['table1']
    with pytest.raises(UserError, match="unknown table '7'"):
        find_table('7')


@pytest.mark.parametrize(
    ('row', 'label'),
    [
        (Row('mlfo', 'r3d18', 'ucf101', 'paper'), 'MLFO'),
        (Row('mlfo', 'r3d18', 'ucf101', 'official'), 'MLFO (official)'),
        (Row('random', 'r3d18', 'none', 'official'), 'Random weights'),
        (Row('mine', 'r3d18', 'ucf101'), 'mine'),
    ],
)
def test_label(row, label):
    assert row.label == label
