"""The CSV: plain numbers; measured small-profile lines and quoted lines are apart."""

from __future__ import annotations

import csv
from dataclasses import replace

import pytest

from mlfo_mm.reporting.aggregate import fill_block
from mlfo_mm.reporting.lines import HEADER, table_lines
from mlfo_mm.reporting.render.csv import csv_text, number
from mlfo_mm.reporting.specs import COSTS, TABLES, Row
from mlfo_mm.study.profiles import PROFILES

LINEAR = TABLES['table1'].blocks[0]
VALUES = {('linear_probe', 'ucf101', 'top1'): 63.2, ('linear_probe', 'hmdb51', 'top1'): 33.4}
MLFO = Row('mlfo', 'r3d18', 'kinetics400', 'default', kind='quoted', values=VALUES)


def lines(records, profile):
    chosen = PROFILES[profile]
    text = csv_text(
        HEADER, table_lines('table1', [fill_block(LINEAR, [MLFO], records, chosen)], chosen)
    )
    found = list(csv.DictReader(text.splitlines()))
    assert all(tuple(line) == HEADER for line in found)
    return {line['dataset']: line for line in found}


def test_small_profile(make_record):
    found = lines([make_record(seed=s, metrics=dict(top1=50.0 + s)) for s in (0, 1)], 'demo')
    measured = found['digits_motion']
    assert measured['status'] == 'measured' and measured['paper_value'] == ''
    assert [measured[key] for key in ('mean', 'n', 'n_planned', 'seeds')] == [
        '50.5',
        '2',
        '2',
        '[0, 1]',
    ]
    half = 12.706204736174698 * 0.5
    assert float(measured['half_width']) == pytest.approx(half, abs=1e-4)
    assert float(measured['ci_low']) == pytest.approx(50.5 - half, abs=1e-4)
    assert float(measured['ci_high']) == pytest.approx(50.5 + half, abs=1e-4)
    assert [measured[key] for key in ('chance', 'at_chance')] == ['12.5', 'false']
    assert [measured[key] for key in ('test_read', 'test_skipped')] == ['160', '0']
    missing = found['digits_class']
    assert [missing[key] for key in ('status', 'mean', 'n')] == ['not run', '', '0']
    quoted = found['ucf101']
    assert [quoted[key] for key in ('status', 'mean', 'n', 'paper_value', 'difference')] == [
        'quoted',
        '',
        '',
        '63.2',
        '',
    ]


def test_paper_profile(make_record):
    record = make_record(profile='paper', pretrain_dataset='kinetics400', dataset='ucf101')
    found = lines([record], 'paper')
    line = found['ucf101']
    assert [line[key] for key in ('status', 'mean', 'paper_value', 'difference', 'half_width')] == [
        'measured',
        '50',
        '63.2',
        '-13.2',
        '',
    ]
    line = found['hmdb51']
    assert [line[key] for key in ('status', 'mean', 'paper_value', 'difference')] == [
        'not run',
        '',
        '33.4',
        '',
    ]


def test_costs_are_in_their_own_units(make_record):
    chosen = PROFILES['demo']
    panel = fill_block(LINEAR, [MLFO], [make_record()], chosen)
    panel.lines[0].costs = dict(params_m=33.166, wall_time_s=5400.0)
    text = csv_text(HEADER, table_lines('table1', [replace(panel, costs=COSTS)], chosen))
    line = next(csv.DictReader(text.splitlines()))
    keys = ('params_m', 'gflops', 'clips_per_s', 'peak_memory_mb', 'wall_time_s')
    assert HEADER[-5:] == keys
    assert [line[key] for key in keys] == ['33.166', '', '', '', '5400']


def test_number():
    assert [number(v) for v in (50.0, 1 / 3, 0.0, -13.2, 100.0)] == [
        '50',
        '0.3333',
        '0',
        '-13.2',
        '100',
    ]
