"""Estimates of memory beside the costs, at paper scale alone and marked as what they are."""

from __future__ import annotations

import csv

import pytest

from mlfo_mm.errors import UserError
from mlfo_mm.reporting.estimates import CARDS, FIELDS, FILE, GIB, ROOM, load_estimates
from mlfo_mm.reporting.specs import TABLES
from mlfo_mm.reporting.tables import build_table
from mlfo_mm.study.methods import cards
from mlfo_mm.study.paths import REPOSITORY
from mlfo_mm.study.profiles import PROFILES
from tests.reporting.grids import heads, texts

ROW = ('mlfo', 'default', 's3d', 'bfloat16', '32', '0.1', '0.25', '4', '5.5', '400', '0')


def write(folder, *rows):
    path = folder / FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text('\n'.join(','.join(row) for row in (FIELDS, *rows)) + '\n')
    return path


def test_they_stand_in_the_costs_of_the_paper_s_scale(tmp_path):
    write(tmp_path, ROW)
    rows = load_estimates(tmp_path)
    table = build_table(TABLES['costs'], [], [], PROFILES['paper'], None, rows)
    _, grid = table.page.grids
    assert 'estimates' in grid.title and 'not measured' in grid.notes[0]
    assert texts(grid)[0] == (
        'MLFO',
        'S3D',
        'bfloat16',
        '32',
        '0.10',
        '0.25',
        '4.00',
        '5.50',
        '400',
        '—',
    )
    assert heads(grid)[-1] == 'Samples on 24 GB'
    (line,) = csv.DictReader(table.csv.splitlines())
    assert (line['status'], line['quantity'], line['mean']) == (
        'estimated',
        'memory_gib_bfloat16',
        '5.5',
    )
    small = build_table(TABLES['costs'], [], [], PROFILES['mini'], None, rows)
    assert len(small.page.grids) == 1 and not small.lines


def test_a_file_of_other_columns_or_no_numbers_is_refused(tmp_path):
    path = write(tmp_path, (*ROW[:-1], 'many'))
    with pytest.raises(UserError, match=r"csv:2: largest_24='many' is no number"):
        load_estimates(tmp_path)
    path.write_text('method,variant\n')
    with pytest.raises(UserError, match=r'gpu_memory\.py'):
        load_estimates(tmp_path)


def test_what_is_shipped_adds_up():
    rows = load_estimates(REPOSITORY / 'results')
    there = {(row['method'], row['variant']) for row in rows}
    assert there <= {
        (card.key, each.variant) for card in cards().values() for each in card.variants
    }
    assert ('mlfo', 'default') in there
    for row in rows:
        weights, states, grown, total = (float(row[key]) for key in FIELDS[5:9])
        assert 0 < weights + states + grown <= total + 0.01
        for card in CARDS:
            fits = total * GIB / 1e9 < ROOM * card
            assert fits == (int(row[f'largest_{card}']) >= int(row['samples']))
        assert int(row['largest_80']) > 3 * int(row['largest_24'])
