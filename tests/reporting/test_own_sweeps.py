"""Sweeps of a user: rows, table and figure."""

from __future__ import annotations

import csv
import io

import pytest

from mlfo_mm.errors import UserError
from mlfo_mm.reporting.figures import build_figures
from mlfo_mm.reporting.own_sweeps import find_sweeps
from mlfo_mm.reporting.report import report_html
from mlfo_mm.reporting.specs import SWEEPS, TABLES, find_table
from mlfo_mm.reporting.tables import build_table, make_tables
from mlfo_mm.study.profiles import PROFILES
from mlfo_mm.study.records import write_record
from tests.reporting.conftest import build

DEMO = PROFILES['demo']
KEY = 'model.first_stage'
TEXT = (
    'seed = 0\n# evaluation\n{}\n# pretraining\nmodel = dict(first_stage=0.2)\n# downstream\na = 1'
)


def swept(*values: object, key: str = KEY, base: str = '', **changes: object):
    """Records of three seeds for each value, and of the recipe."""
    variants = [f'{base}{key}={value}' for value in values]
    return [
        build(variant=variant, seed=seed, metrics=dict(top1=50.0 + seed + place), **changes)
        for place, variant in enumerate(variants)
        for seed in range(3)
    ]


@pytest.fixture
def recipe(monkeypatch):
    """A run of the recipe, whose config says 0.2."""
    record = build(metrics=dict(top1=40.0))
    record.config_text = TEXT
    return record


def labels(records):
    table = build_table(SWEEPS, records, [], DEMO)
    names = [row.cells[0].text for row in table.page.grids[0].rows]
    return [name for name in names if name != 'Chance']


def test_rows_by_rising_value_the_recipes_first(recipe):
    records = [*swept(10, 0.5, 9), recipe]
    assert labels(records) == [
        f"MLFO: the recipe's {KEY}=0.2",
        f'MLFO: {KEY}=0.5',
        f'MLFO: {KEY}=9',
        f'MLFO: {KEY}=10',
    ]
    assert labels(swept(1)) == [f'MLFO: {KEY}=1']
    (sweep,) = find_sweeps(records)
    assert [(point.value, point.own) for point in sweep.points] == [
        (0.2, True),
        (0.5, False),
        (9.0, False),
        (10.0, False),
    ]


def test_values_that_are_no_numbers_stand_last_and_variants_apart():
    records = [*swept('zeros', 3), *swept(1, base='one_hot+')]
    assert labels(records) == [
        f'MLFO: {KEY}=3',
        f'MLFO: {KEY}=zeros',
        f'MLFO: one_hot, {KEY}=1',
    ]


def test_runs_of_a_sweep_stand_in_no_other_table():
    records = [
        *swept(1, 2),
        *swept(1, task='finetune'),
        *[r for r in swept(1, task='retrieval')],
    ]
    for spec in TABLES.values():
        if spec.blocks:
            table = build_table(spec, records, [], DEMO)
            text = table.markdown + table.csv
            assert KEY not in text, spec.name
    table = build_table(find_table('sweep'), records, [], DEMO)
    assert [grid.title for grid in table.page.grids] != []
    assert f'{KEY}=1' in table.csv
    # no number of the paper is among them, at its size either
    for profile in (DEMO, PROFILES['paper']):
        grids = build_table(find_table('sweep'), records, [], profile).page.grids
        kinds = {column.kind for grid in grids for column in grid.columns}
        assert kinds == {'label', 'measured'}, profile.name


def test_the_table_is_made_where_there_is_a_sweep(tmp_path):
    (tmp_path / 'records').mkdir()
    assert not any(path.stem == 'sweep' for path in make_tables('demo', tmp_path))
    with pytest.raises(UserError, match='--sweep'):
        make_tables('demo', tmp_path, ['sweep'])
    for record in swept(1, 2):
        write_record(record, tmp_path)
    assert any(path.stem == 'sweep' for path in make_tables('demo', tmp_path))
    assert [path.stem for path in make_tables('demo', tmp_path, ['sweep'])] == ['sweep']


def test_a_curve_for_each_key(recipe, tmp_path):
    records = [*swept(0.1, 0.3), *swept('a', 'b', key='model.kind'), recipe]
    plots = build_figures(records, DEMO, tmp_path, ['sweep'])['sweep']
    assert [plot.name for plot in plots] == ['sweep_model.first_stage', 'sweep_model.kind']
    first, kind = plots
    rows = list(csv.DictReader(io.StringIO(first.files['csv'].decode())))
    assert [(row['setting'], row['mean'], row['n']) for row in rows] == [
        ('0.1', '51', '3'),
        ('0.2', '40', '1'),
        ('0.3', '52', '3'),
    ]
    assert 'MLFO, R3D-18, on ' in first.alt and '51.0 at 0.1' in first.alt
    assert first.files['png'][:4] == b'\x89PNG' and b'a' in kind.files['svg']
    assert build_figures([recipe], DEMO, tmp_path, ['sweep'])['sweep'] == []


def test_the_report_has_it(recipe, tmp_path):
    page = report_html([*swept(0.1, 0.3), recipe], DEMO, tmp_path)
    assert 'Sweeps over config values' in page and f'Sweep over {KEY}' in page
    assert 'Sweeps over config values' not in report_html([recipe], DEMO, tmp_path)
