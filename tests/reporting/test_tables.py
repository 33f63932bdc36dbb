"""From records on disk to tables on disk."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from mlfo_mm.errors import UserError
from mlfo_mm.reporting.figures import make_figures
from mlfo_mm.reporting.specs import TABLES, Row
from mlfo_mm.reporting.tables import implemented, make_tables, missing_reason
from mlfo_mm.study.paths import CONFIGS
from mlfo_mm.study.profiles import find_profile
from mlfo_mm.study.records import write_record
from tests.reporting.grids import heads, texts

REPO = Path(__file__).resolve().parents[2]


def fabricate(make_record, make_pretraining, folder, order):
    records = [
        make_record(
            method=method,
            variant=variant,
            seed=seed,
            task=task,
            dataset=dataset,
            metrics=metrics,
        )
        for method, variant in (('random', 'x'), ('simclr', 'default'), ('mlfo', 'default'))
        for seed in (0, 1)
        for dataset in ('digits_motion', 'digits_class')
        for task, metrics in {
            'linear_probe': dict(top1=40.0 + seed),
            'finetune': dict(top1=50.0 + seed),
            'retrieval': {'R@1': 20.0, 'R@1_centred': 25.0 + seed},
            'level_probe': dict(top1_low=20.0, top1_mid=30.0, top1_high=40.0 + seed),
            'order': dict(accuracy=60.0 + seed),
            'neighbours': dict(hits_instance=30.0, hits_semantic=31.0 + seed),
        }.items()
    ]
    records += [make_pretraining(seed=seed) for seed in (0, 1)]
    random.Random(order).shuffle(records)
    for record in records:
        write_record(record, folder)


def read_all(folder):
    found = (path for path in sorted(folder.rglob('*')) if path.suffix in ('.csv', '.md', '.tex'))
    return {path.name: path.read_bytes() for path in found}


def test_same_records_same_bytes(tmp_path, make_record, make_pretraining):
    outputs = []
    for order in (1, 2):
        folder = tmp_path / str(order)
        fabricate(make_record, make_pretraining, folder, order)
        made = make_tables('demo', folder)
        assert list(made) == [folder / 'tables' / 'demo' / f'{name}.md' for name in TABLES]
        outputs.append(read_all(folder))
        make_tables('demo', folder)
        assert read_all(folder) == outputs[-1]
    assert outputs[0] == outputs[1]
    tables = {f'{name}.{kind}' for name in TABLES for kind in ('csv', 'md', 'tex')}
    assert set(outputs[0]) == tables | {'claims.md', 'claims.csv'}


def test_page(tmp_path, make_record, make_pretraining):
    fabricate(make_record, make_pretraining, tmp_path, 1)
    made = make_tables('demo', tmp_path, ['1', '4'], all_rows=True)
    table1, table4 = (table.markdown for table in made.values())
    assert table1.startswith('# Table 1: action recognition\n\nProfile **demo**. ')
    assert 'not comparable with the paper' in table1
    for title in ('Linear probe', 'Finetune'):
        assert table1.count(f'## {title}, top-1 accuracy') == 1
    assert table1.count('| Supervised from scratch *') == 1
    assert table1.count('| Random weights *') == 1  # its finetune is the row above
    assert 'the original paper gives 65.8 on UCF101' in table1
    assert 'From 12 records; code: 0123456789.' in table4
    assert 'Retrieval on raw features: digits_motion' in table4
    assert 'Retrieval on centred features: digits_motion' in table4
    assert 'Raw and centred features give different numbers' in table4
    rows = [line for line in table1.splitlines() if line.startswith('| ')]
    for block in table1.split('\n\n'):
        if block.startswith('|'):
            assert len({line.count('|') for line in block.splitlines()}) == 1
    assert len(rows) == 2 * (1 + 1 + 2) + 6 + 16  # header, chance, baselines; the paper's rows


def test_without_records_everything_is_a_dash(tmp_path):
    tables = make_tables('paper', tmp_path, ['1', '4'], all_rows=True)
    table, _ = tables.values()
    assert not any(grid.measured for grid in table.page.grids)
    assert '— needs data Kinetics-400, UCF101' in table.markdown
    assert '| Chance' not in table.markdown and ' 0.0 ' not in table.markdown
    # every method that the paper quotes is here
    assert not any('not implemented' in each.markdown for each in tables.values())


def test_a_folder_that_is_not_there_is_not_made(tmp_path):
    for make in (make_tables, make_figures):
        with pytest.raises(UserError, match=r'no folder .*typo'):
            make('mini', tmp_path / 'typo')
    assert not list(tmp_path.iterdir())


def grid_rows(table, index=0):
    """Return rows by their label; of those that share one, the first on R3D-18."""
    grid = table.page.grids[index]
    rows = {}
    for row in sorted(texts(grid), key=lambda row: 'S3D' in row):
        rows.setdefault(row[0], dict(zip(heads(grid), row, strict=True)))
    return rows


def test_tables_2_and_3(tmp_path, make_record):
    for variant, value in dict(default=63.0, no_lower=58.0, no_temporal=55.0, ctm=43.0).items():
        for seed in (0, 1):
            metrics = dict(top1=value + seed)
            write_record(make_record(variant=variant, seed=seed, metrics=metrics), tmp_path)
    write_record(make_record(variant='default', backbone='s3d', metrics=dict(top1=44.0)), tmp_path)
    table2, table3 = make_tables('demo', tmp_path, ['2', '3'], all_rows=True).values()
    rows = grid_rows(table2)
    assert list(rows)[:4] == ['Chance', 'Random weights *', 'SimCLR (InfoNCE) *', 'MLFO: w/o']
    assert rows['MLFO: combined graph, multi-level']['digits_motion'].startswith('**63.5')
    assert rows['MLFO: w/o']['digits_motion'].startswith('<ins>58.5')
    assert rows['MLFO: w/o']['Paper: UCF101'] == '58.1'
    assert 'ctm' not in table2.csv
    cells = {
        (row[0], row[1]): row[3] for row in texts(table3.page.grids[0]) if row[0].startswith('MLFO')
    }
    assert cells['MLFO: NTM (ours)', 'R3D-18'].startswith('**63.5')
    assert cells['MLFO: NTM (ours)', 'S3D'] == '44.0 (n=1)'
    assert cells['MLFO: CTM', 'R3D-18'].startswith('43.5')
    assert cells['MLFO: w/o', 'SlowFast'] == '— not run'
    slowfast = next(
        row for row in texts(table3.page.grids[0]) if row[:2] == ('MLFO: CTM', 'SlowFast')
    )
    assert '65.4' in slowfast and '34.8' in slowfast


def test_levels_and_diagnostics(tmp_path, make_record):
    levels = dict(top1_low=20.0, top1_mid=30.0, top1_high=25.0)
    for variant in ('default', 'ctm', 'prototypes_4'):
        write_record(make_record(task='level_probe', variant=variant, metrics=levels), tmp_path)
        write_record(
            make_record(task='order', variant=variant, metrics=dict(accuracy=55.0)), tmp_path
        )
    hits = dict(hits_instance=40.0, hits_semantic=30.0)
    write_record(make_record(task='neighbours', metrics=hits), tmp_path)
    names = ['levels', 'diagnostics']
    by_level, diagnostics = make_tables('demo', tmp_path, names, all_rows=True).values()
    rows = grid_rows(by_level)
    names = ['Random weights', 'SimCLR (InfoNCE)', 'MLFO', 'MLFO (CTM)', 'MLFO (K = 4)']
    assert list(rows) == ['Chance', *names]
    assert [rows['Chance'][name] for name in ('low', 'mid', 'high')] == ['12.5'] * 3
    assert rows['MLFO (CTM)']['mid'] == '**30.0** (n=1)'
    order = grid_rows(diagnostics)
    assert order['Chance']['digits_motion'] == '50.0'
    assert order['MLFO (CTM)']['digits_motion'] == '55.0 † (n=1)'  # nothing at chance is the best
    assert grid_rows(diagnostics, 1)['MLFO']['semantic-wise'] == '30.0 (n=1)'
    assert 'Paper:' not in by_level.markdown + diagnostics.markdown


def test_costs_stand_in_table_1(tmp_path, make_record, make_pretraining):
    for record in (
        make_record(),
        make_record(method='simclr', variant='default'),
        make_pretraining(),
    ):
        write_record(record, tmp_path)
    table1, costs, training = make_tables('demo', tmp_path, ['1', 'costs', 'training']).values()
    rows = grid_rows(table1)
    wanted = {'Params (M)': '33.20', 'GFLOPs': '8.50', 'Clips/s': '20.0', 'Time (h)': '0.50'}
    assert {name: rows['MLFO'][name] for name in wanted} == wanted
    assert rows['SimCLR (InfoNCE) *']['GFLOPs'] == '— not recorded'  # a record from before costs
    assert costs.markdown.startswith('# Costs of pretraining')
    assert '| MLFO     | R3D-18     | digits_motion' in costs.markdown
    assert training.page.grids[0].measured


def test_reasons(make_record):
    paper, demo = find_profile('paper'), find_profile('demo')
    mlfo, ccl = Row('mlfo', 'r3d18', 'kinetics400'), Row('ccl', 'r3d18', 'kinetics400')
    why = missing_reason([], paper, {'mlfo'})
    assert why(mlfo, 'ucf101') == 'needs data Kinetics-400, UCF101'
    assert why(ccl, 'ucf101') == 'method not implemented yet'
    assert why(Row('random', 'r3d18', 'none'), 'ucf101') == 'needs data UCF101'
    used = make_record(profile='paper', dataset='ucf101', pretrain_dataset='ucf101')
    assert missing_reason([used], paper)(mlfo, 'ucf101') == 'needs data Kinetics-400'
    assert missing_reason([], demo, {'mlfo'})(mlfo, 'digits_motion') == ''


def test_implemented_methods(tmp_path):
    assert implemented(tmp_path / 'none') is None
    for name in ('mlfo/method.toml', 'profiles/demo.py', 'pace/README.md'):
        (tmp_path / name).parent.mkdir()
        (tmp_path / name).touch()
    shutil.copy(CONFIGS / 'mlfo' / 'method.toml', tmp_path / 'mlfo')
    assert implemented(tmp_path) == {'mlfo'}
    assert {'mlfo', 'simclr'} <= implemented()


def test_records_of_other_profiles_do_not_count(tmp_path, make_record):
    write_record(make_record(profile='mini', dataset='utdplain27'), tmp_path)
    (table,) = make_tables('demo', tmp_path, ['1']).values()
    assert 'measured' not in table.csv


def test_unknown_names_end_before_anything_is_written(tmp_path):
    with pytest.raises(UserError, match='unknown profile'):
        make_tables('dmo', tmp_path)
    with pytest.raises(UserError, match='unknown table'):
        make_tables('demo', tmp_path, ['1', '9'])
    assert list(tmp_path.iterdir()) == []


def test_study_and_reporting_import_neither_torch_nor_openmmlab():
    folders = [REPO / 'mlfo_mm' / room for room in ('study', 'reporting')]
    files = [path.relative_to(REPO) for f in folders for path in sorted(f.rglob('[a-z]*.py'))]
    names = ['.'.join(path.with_suffix('').parts) for path in files]
    assert 'mlfo_mm.study.records' in names and 'mlfo_mm.reporting.render.csv' in names
    imports = '; '.join(f'import {name}' for name in names)
    heavy = "{'torch', 'torchvision', 'mmengine', 'mmcv', 'mmaction', 'cv2', 'decord'}"
    code = f'{imports}; import sys; print(sorted({heavy} & set(sys.modules)))'
    environment = os.environ | dict(PYTHONPATH=str(REPO))
    done = subprocess.run(
        [sys.executable, '-c', code], capture_output=True, text=True, env=environment, check=True
    )
    assert done.stdout == '[]\n'


def test_shipped_results_stand_beside_ones_own_in_rows_of_their_own(
    tmp_path, make_record, monkeypatch
):
    own, shipped = tmp_path / 'own', tmp_path / 'shipped'
    monkeypatch.setattr('mlfo_mm.study.records.REFERENCE', shipped)
    write_record(make_record(metrics=dict(top1=40.0)), own)
    write_record(make_record(metrics=dict(top1=50.0)), shipped)
    write_record(make_record(method='random', variant='', metrics=dict(top1=20.0)), shipped)
    (alone,) = make_tables('demo', own, ['1']).values()
    claims = (own / 'claims.md').read_text()
    assert 'reference' not in alone.markdown and '50.0' not in alone.markdown
    (both,) = make_tables('demo', own, ['1'], True, all_rows=True).values()
    rows = grid_rows(both)
    assert rows['MLFO']['digits_motion'].startswith('<ins>40.0')
    assert rows['MLFO, reference']['digits_motion'].startswith('**50.0')
    assert rows['Random weights, reference *']['digits_motion'].startswith('20.0')
    assert 'Random weights *' not in rows  # a row has what there is of it
    order = list(rows)
    assert order.index('MLFO, reference') == order.index('MLFO') + 1
    # the paper's value stands once, where one's own runs are; else where the shipped ones are
    printed = 'Paper: UCF101'
    assert (rows['MLFO'][printed], rows['MLFO, reference'][printed]) == ('63.2', '—')
    (shown,) = make_tables('demo', tmp_path / 'none', ['1'], True).values()
    alone = grid_rows(shown)
    assert alone['MLFO, reference'][printed] == '63.2'
    assert (own / 'claims.md').read_text() == claims  # tested on one's own alone
    assert sorted(path.name for path in shipped.iterdir()) == ['records']
