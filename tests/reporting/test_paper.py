"""The quoted numbers: all that the paper prints, consistent with its own claims."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from mlfo_mm.errors import UserError
from mlfo_mm.reporting.paper import load_paper, paper_file
from mlfo_mm.study.experiments import COMPARATORS, from_cards
from mlfo_mm.study.methods import cards, method_name
from mlfo_mm.study.names import BACKBONES, DATASETS
from mlfo_mm.study.tasks import RECALLS, TASKS

PAPER = Path(__file__).resolve().parents[2] / 'results' / 'paper'
SETS = ('ucf101', 'hmdb51')
# table, task, metric, test set, how many numbers the paper prints of them, and their sum
SUMS = (
    (1, 'linear_probe', 'top1', 'ucf101', 6, 344.1),
    (1, 'linear_probe', 'top1', 'hmdb51', 6, 179.6),
    (1, 'finetune', 'top1', 'ucf101', 16, 1194.5),
    (1, 'finetune', 'top1', 'hmdb51', 16, 645.5),
    (2, 'linear_probe', 'top1', 'ucf101', 6, 353.4),
    (2, 'linear_probe', 'top1', 'hmdb51', 6, 179.4),
    (3, 'linear_probe', 'top1', 'ucf101', 9, 505.4),
    (3, 'linear_probe', 'top1', 'hmdb51', 9, 260.5),
    (4, 'retrieval', 'R@1', 'ucf101', 9, 235.2),
    (4, 'retrieval', 'R@5', 'ucf101', 9, 392.0),
    (4, 'retrieval', 'R@10', 'ucf101', 9, 480.1),
    (4, 'retrieval', 'R@20', 'ucf101', 9, 572.4),
    (4, 'retrieval', 'R@1', 'hmdb51', 8, 98.2),
    (4, 'retrieval', 'R@5', 'hmdb51', 8, 243.3),
    (4, 'retrieval', 'R@10', 'hmdb51', 8, 349.9),
    (4, 'retrieval', 'R@20', 'hmdb51', 8, 470.0),
)


def top1(table, task='linear_probe', **wanted):
    """Return {(variant, backbone): (UCF101, HMDB51)} of the rows with the wanted attributes."""
    rows = load_paper(PAPER / f'{table}.csv')
    rows = [row for row in rows if all(getattr(row, k) == v for k, v in wanted.items())]
    return {
        (row.variant, row.backbone): tuple(row.values[task, s, 'top1'] for s in SETS)
        for row in rows
        if (task, 'ucf101', 'top1') in row.values
    }


@pytest.mark.parametrize(('table', 'rows'), [(1, 22), (2, 6), (3, 9), (4, 9)])
def test_rows_and_cells(table, rows):
    found = load_paper(PAPER / f'table{table}.csv')
    assert len(found) == rows
    per_row = 8 if table == 4 else 2
    lines = (PAPER / f'table{table}.csv').read_text().splitlines()[1:]
    assert len(lines) == rows * per_row


@pytest.mark.parametrize(('table', 'task', 'metric', 'dataset', 'count', 'total'), SUMS)
def test_every_number_of_the_paper_is_quoted(table, task, metric, dataset, count, total):
    rows = load_paper(PAPER / f'table{table}.csv')
    cell = (task, dataset, metric)
    values = [row.values[cell] for row in rows if cell in row.values]
    assert (len(values), round(sum(values), 1)) == (count, total)


def test_no_number_beside_the_papers():
    quoted = sum(
        len(row.values) for n in (1, 2, 3, 4) for row in load_paper(PAPER / f'table{n}.csv')
    )
    assert quoted == sum(count for *_, count, _ in SUMS) == 142


def test_only_what_the_paper_leaves_out_is_empty():
    for path in sorted(PAPER.glob('*.csv')):
        for cells in csv.DictReader(path.read_text().splitlines()):
            unprinted = (cells['table'], cells['name'], cells['dataset']) == (
                'table4',
                'SpeedNet',
                'hmdb51',
            )
            assert bool(cells['value']) is not unprinted
            assert not unprinted or 'prints no value' in cells['remark']


def test_every_key_has_a_name_to_be_shown():
    for path in sorted(PAPER.glob('*.csv')):
        for row in load_paper(path):
            assert (
                method_name(row.method) != row.method
                and row.backbone in BACKBONES
                and row.pretrain in DATASETS
            )
            assert set(row.tasks) <= set(TASKS)


def test_a_method_of_several_variants_is_quoted_by_variant_and_run_as_such():
    recipes = {key: {each.variant for each in card.variants} for key, card in cards().items()}
    sets = dict(kinetics400='k400', ucf101='ucf101')
    runs = {
        (row.method, row.name, row.backbone, row.pretrain) for row in (*COMPARATORS, *from_cards())
    }
    for table in ('table1', 'table4'):
        for row in load_paper(PAPER / f'{table}.csv'):
            if len(recipes.get(row.method, ())) > 1:
                assert row.variant in recipes[row.method], (table, row.method)
            if row.method in ('pace', 'speednet'):
                assert (row.method, row.variant, row.backbone, sets[row.pretrain]) in runs


def test_ablations_keep_the_papers_names():
    names = [row.name for row in load_paper(PAPER / 'table2.csv')]
    assert names[0] == 'w/o' and names[-1] == 'combined graph, multi-level'
    assert {row.name for row in load_paper(PAPER / 'table1.csv')} == {''}


def test_table1_has_both_tasks():
    rows = load_paper(PAPER / 'table1.csv')
    assert [row.tasks for row in rows] == [('linear_probe',)] * 6 + [('finetune',)] * 16
    assert all(len(row.values) == 2 for row in rows)


@pytest.mark.parametrize('dataset', [0, 1])
def test_table2_order_of_the_graphs(dataset):
    values = {variant: pair[dataset] for (variant, _), pair in top1('table2').items()}
    best_first = ['default', 'combined_high', 'instance', 'no_lower', 'one_hot', 'semantic']
    assert sorted(values, key=values.__getitem__, reverse=True) == best_first
    assert len(set(values.values())) == 6


def test_table3_temporal_modelling():
    variants, backbones = ('no_temporal', 'ctm', 'default'), ('slowfast', 'r3d18', 's3d')
    found = top1('table3')
    assert [[found[variant, backbone] for variant in variants] for backbone in backbones] == [
        [(57.8, 30.3), (65.4, 34.8), (63.9, 34.1)],
        [(55.9, 28.1), (43.2, 21.1), (63.2, 33.4)],
        [(53.8, 27.2), (41.1, 19.8), (61.1, 31.7)],
    ]
    assert len(found) == 9


def test_mlfo_itself_is_the_same_in_three_tables():
    full = top1('table1', method='mlfo', pretrain='kinetics400')['default', 'r3d18']
    assert full == (63.2, 33.4)
    assert top1('table2')['default', 'r3d18'] == full == top1('table3')['default', 'r3d18']
    s3d = top1('table1', method='mlfo', pretrain='kinetics400')['default', 's3d']
    assert top1('table3')['default', 's3d'] == s3d


def test_table1_statements():
    wanted = dict(method='mlfo', pretrain='kinetics400')
    linear, finetune = top1('table1', **wanted), top1('table1', 'finetune', **wanted)
    ucf = top1('table1', 'finetune', method='mlfo', pretrain='ucf101')
    for backbone in ('r3d18', 's3d'):
        for dataset in (0, 1):
            key = ('default', backbone)
            assert linear[key][dataset] < finetune[key][dataset]
            assert ucf[key][dataset] < finetune[key][dataset]
            assert finetune['default', 's3d'][dataset] < finetune['default', 'r3d18'][dataset]
    others = [row for row in load_paper(PAPER / 'table1.csv') if row.method != 'mlfo']
    for row in others:
        if row.tasks == ('linear_probe',):
            for dataset, ours in zip(SETS, linear['default', 'r3d18'], strict=True):
                assert row.values['linear_probe', dataset, 'top1'] < ours


def test_table4_recall_rises_with_k_and_mlfo_leads_at_one():
    rows = load_paper(PAPER / 'table4.csv')
    for row in rows:
        for dataset in SETS:
            values = [row.values.get(('retrieval', dataset, f'R@{k}')) for k in RECALLS]
            if row.method == 'speednet' and dataset == 'hmdb51':
                assert values == [None] * 4
            else:
                assert values == sorted(values) and len(set(values)) == 4
    ours = [row for row in rows if row.method == 'mlfo']
    for dataset in SETS:
        cell = ('retrieval', dataset, 'R@1')
        assert ours[0].values[cell] < ours[1].values[cell]
        assert max(row.values.get(cell, 0) for row in rows[:-2]) < ours[0].values[cell]


def test_malformed_file(tmp_path):
    path = tmp_path / 'table1.csv'
    path.write_text('a,b\n1,2\n')
    with pytest.raises(UserError, match=r'table1\.csv: the columns must be'):
        load_paper(path)
    good = (PAPER / 'table1.csv').read_text()
    path.write_text(good.replace(',63.2,', ',163.2,', 1))
    with pytest.raises(UserError, match=r"table1\.csv:12: value '163.2' is no percentage"):
        load_paper(path)
    path.write_text(good.replace(',63.2,', ',63.2 %,', 1))
    with pytest.raises(UserError, match=r"table1\.csv:12: value '63.2 %' is no percentage"):
        load_paper(path)


def test_paper_file_prefers_the_results_folder(tmp_path):
    assert paper_file('table1', tmp_path) == PAPER / 'table1.csv'
    own = tmp_path / 'paper' / 'table1.csv'
    own.parent.mkdir()
    own.write_text('')
    assert paper_file('table1', tmp_path) == own
    with pytest.raises(UserError, match=r'table9\.csv is missing'):
        paper_file('table9', tmp_path)
