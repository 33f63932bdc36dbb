"""From records on disk to tables on disk."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from mlfo_mm.errors import UserError
from mlfo_mm.reporting.records import write_record
from mlfo_mm.reporting.tables import make_tables

REPO = Path(__file__).resolve().parents[2]


def fabricate(make_record, folder, order):
    records = [
        make_record(method=method, seed=seed, task=task, dataset=dataset, metrics=metrics)
        for method in ('random', 'simclr', 'mlfo')
        for seed in (0, 1)
        for dataset in ('synthetic_motion', 'synthetic_appearance')
        for task, metrics in {
            'linear_probe': dict(top1=40.0 + seed),
            'finetune': dict(top1=50.0 + seed),
            'retrieval': {'R@1': 20.0, 'R@1_centred': 25.0 + seed},
        }.items()
    ]
    random.Random(order).shuffle(records)
    for record in records:
        write_record(record, folder)


def read_all(folder):
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def test_same_records_same_bytes(tmp_path, make_record):
    outputs = []
    for order in (1, 2):
        folder = tmp_path / str(order)
        fabricate(make_record, folder, order)
        assert list(make_tables('demo', folder)) == [
            folder / 'tables' / 'demo' / name for name in ('table1.md', 'table4.md')
        ]
        outputs.append(read_all(folder / 'tables' / 'demo'))
        make_tables('demo', folder)
        assert read_all(folder / 'tables' / 'demo') == outputs[-1]
    assert outputs[0] == outputs[1]
    assert set(outputs[0]) == {'table1.csv', 'table1.md', 'table4.csv', 'table4.md'}


def test_page(tmp_path, make_record):
    fabricate(make_record, tmp_path, 1)
    table1, table4 = (table.markdown for table in make_tables('demo', tmp_path).values())
    assert table1.startswith('# Table 1: action recognition\n\nProfile **demo**. ')
    assert 'not comparable with the paper' in table1
    for title in ('Linear probe', 'Finetune'):
        assert table1.count(f'## {title}, top-1 accuracy') == 1
    assert table1.count('| Supervised from scratch *') == 1
    assert table1.count('| Random weights *') == 1  # its finetune is the row above
    assert 'the original paper gives 65.8 on UCF101' in table1
    assert 'From 12 records; code: 0123456789.' in table4
    assert 'Retrieval on raw features: synthetic_motion' in table4
    assert 'Retrieval on centred features: synthetic_motion' in table4
    assert 'Raw and centred features give different numbers' in table4
    rows = [line for line in table1.splitlines() if line.startswith('| ')]
    for block in table1.split('\n\n'):
        if block.startswith('|'):
            assert len({line.count('|') for line in block.splitlines()}) == 1
    assert len(rows) == 2 * (1 + 1 + 2) + 6 + 16  # header, chance, baselines; the paper's rows


def test_without_records_everything_is_a_dash(tmp_path):
    tables = make_tables('paper', tmp_path, ['1'])
    (table,) = tables.values()
    assert not any(flag for grid in table.grids for flag in grid.measured)
    assert '— not run' in table.markdown and '| Chance' not in table.markdown
    assert ' 0.0 ' not in table.markdown


def test_records_of_other_profiles_do_not_count(tmp_path, make_record):
    write_record(make_record(profile='mini', dataset='utdrender27'), tmp_path)
    (table,) = make_tables('demo', tmp_path, ['1']).values()
    assert 'measured' not in table.csv


def test_unknown_names_end_before_anything_is_written(tmp_path):
    with pytest.raises(UserError, match='unknown profile'):
        make_tables('dmo', tmp_path)
    with pytest.raises(UserError, match='unknown table'):
        make_tables('demo', tmp_path, ['1', '9'])
    assert list(tmp_path.iterdir()) == []


def test_reporting_imports_neither_torch_nor_openmmlab():
    names = sorted(path.stem for path in (REPO / 'mlfo_mm' / 'reporting').glob('[a-z]*.py'))
    assert 'records' in names and 'tables' in names
    imports = '; '.join(f'import mlfo_mm.reporting.{name}' for name in names)
    heavy = "{'torch', 'torchvision', 'mmengine', 'mmcv', 'mmaction', 'cv2', 'decord', 'av'}"
    code = f'{imports}; import sys; print(sorted({heavy} & set(sys.modules)))'
    environment = os.environ | dict(MLFO_MM_NO_REGISTER='1', PYTHONPATH=str(REPO))
    done = subprocess.run(
        [sys.executable, '-c', code], capture_output=True, text=True, env=environment, check=True
    )
    assert done.stdout == '[]\n'
