"""CSV files: a column of one name has one type in all of them."""

from __future__ import annotations

import pandas as pd

from mlfo_mm.reporting.compare import build_comparison
from mlfo_mm.reporting.figures import build_figures
from mlfo_mm.reporting.render.csv import csv_text
from mlfo_mm.reporting.tables import make_tables
from mlfo_mm.study.profiles import PROFILES
from mlfo_mm.study.records import load_records, write_record
from tests.conftest import REPO
from tests.reporting import crafted

VIDEOS = tuple(f'{index}.mp4' for index in range(4))
LABELS = ('grow', 'fall', 'turn', 'spin')


def kind_of(column: pd.Series) -> str:
    """Type of what is there; empty where nothing is."""
    there = column.dropna()
    if there.empty:
        return ''
    if all(isinstance(value, bool) for value in there):
        return 'boolean'
    return 'number' if pd.api.types.is_numeric_dtype(column) else 'text'


def test_a_column_has_one_type_in_all_files(tmp_path):
    records = [
        *crafted.sweep_records(),
        *crafted.table_records(),
        crafted.pretrain_record(),
        crafted.neighbours_record(VIDEOS, LABELS),
        *crafted.order_records(VIDEOS, LABELS),
        crafted.build(profile='paper', pretrain_dataset='kinetics400', dataset='ucf101'),
    ]
    for record in records:
        write_record(record, tmp_path)
    for profile in ('demo', 'paper'):
        make_tables(profile, tmp_path)
    demo = load_records(tmp_path, 'demo')
    found = build_figures(demo, PROFILES['demo'], REPO / 'results', ['3', '4', '5', 'padding'])
    for plot in (each for group in found.values() for each in group):
        if 'csv' in plot.files:
            (tmp_path / f'{plot.name}.csv').write_bytes(plot.files['csv'])
    made = build_comparison(['mlfo', 'simclr', 'random'], demo, PROFILES['demo'])
    (tmp_path / 'compare.csv').write_text(made.csv)
    files = [*tmp_path.rglob('*.csv'), *(REPO / 'results').glob('[ep]*/*.csv')]
    assert len(files) > 20
    kinds: dict[str, dict[str, list[str]]] = {}
    for path in files:
        for name, column in pd.read_csv(path).items():
            kinds.setdefault(name, {}).setdefault(kind_of(column), []).append(path.name)
    mixed = {name: found for name, found in kinds.items() if len(set(found) - {''}) > 1}
    assert not mixed
    spelled = {name: next(iter(set(found) - {''}), '') for name, found in kinds.items()}
    assert [spelled[n] for n in ('mean', 'n', 'at_chance', 'hit', 'seeds', 'by_seed')] == [
        *('number', 'number', 'boolean', 'boolean', 'text', 'text'),
    ]


def test_values_are_spelled_in_one_way():
    line = dict(a=1, b=0.5, c=True, d=False, e=None, f=(0,), g='=x', p=1.25e-7)
    text = csv_text([*line, 'absent'], [line])
    assert text == "a,b,c,d,e,f,g,p,absent\n1,0.5,true,false,,[0],'=x,1.25e-07,\n"
