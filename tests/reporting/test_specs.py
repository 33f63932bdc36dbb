"""Table specs are data; wrong names end in one line."""

from __future__ import annotations

import pytest

from mlfo_mm.errors import UserError
from mlfo_mm.reporting.specs import TABLES, Row, find_table


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
        (Row('mlfo', 'r3d18', 'ucf101', 'default'), 'MLFO'),
        (Row('mlfo', 'r3d18', 'ucf101', 'official'), 'MLFO (official)'),
        (Row('random', 'r3d18', 'none', 'official'), 'Random weights'),
        (Row('mine', 'r3d18', 'ucf101'), 'mine'),
        (Row('mlfo', 'r3d18', 'ucf101', 'no_lower', name='w/o'), 'MLFO: w/o'),
    ],
)
def test_label(row, label):
    assert row.label == label
