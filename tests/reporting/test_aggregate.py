"""Cells: means, intervals, what may be averaged, which row a run stands in."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from mlfo_mm.reporting.aggregate import column_datasets, fill_block, mean_interval
from mlfo_mm.reporting.paper import load_paper, paper_file
from mlfo_mm.reporting.specs import TABLES, Row
from mlfo_mm.study.identity import hash_text, run_key
from mlfo_mm.study.profiles import PROFILES

LINEAR, FINETUNE = TABLES['table1'].blocks
CENTRED, RAW = TABLES['table4'].blocks
DEMO, MINI, PAPER = (PROFILES[name] for name in ('demo', 'mini', 'paper'))
K400 = Row('mlfo', 'r3d18', 'kinetics400', 'default', kind='quoted')
UCF = Row('mlfo', 'r3d18', 'ucf101', 'default', kind='quoted')
PLACE = ('digits_motion', 'top1')


def fill(records, rows=(K400,), block=LINEAR, profile=DEMO):
    return fill_block(block, rows, records, profile)


@pytest.mark.parametrize('values', [[1.0, 2.0], [50.0, 55.0, 70.0], [3.25] * 4])
def test_interval_is_scipys_t_interval(values):
    mean, half = mean_interval(values)
    low, high = stats.t.interval(
        0.95, len(values) - 1, np.mean(values), max(stats.sem(values), 1e-99)
    )
    assert mean == pytest.approx(np.mean(values), abs=1e-12)
    assert (mean - half, mean + half) == pytest.approx((low, high), abs=1e-9)


def test_one_value_has_no_interval():
    assert mean_interval([40.0]) == (40.0, None)


def test_mean_over_seeds(make_record):
    values = {0: 40.0, 1: 44.0, 2: 51.0}
    panel = fill([make_record(seed=s, metrics=dict(top1=v)) for s, v in values.items()])
    cell = panel.lines[0].cells[PLACE]
    assert (cell.status, cell.values, cell.planned) == ('measured', (40.0, 44.0, 51.0), 3)
    assert cell.mean == 45.0
    spread = math.sqrt((25 + 1 + 36) / 2)
    assert cell.half_width == pytest.approx(4.302652729911275 * spread / math.sqrt(3))
    assert not cell.at_chance and cell.chance == 12.5


def test_nothing_is_not_zero(make_record):
    panel = fill([make_record()])
    cell = panel.lines[0].cells['digits_class', 'top1']
    assert (cell.status, cell.reason, cell.mean, cell.values) == ('not run', '', None, ())


def test_failed_runs(make_record):
    failed = dict(status='failed', metrics={}, reason='NaN loss\nat step 7')
    cell = fill([make_record(**failed)]).lines[0].cells[PLACE]
    assert (cell.status, cell.reason, cell.mean) == ('failed', 'NaN loss at step 7', None)
    # a failed run may not know its protocol: its family hash places it
    records = [make_record(seed=0), make_record(seed=1, protocol=dict(line='unknown'), **failed)]
    panel = fill(records)
    cell = panel.lines[0].cells[PLACE]
    assert (cell.status, len(cell.values), cell.planned) == ('measured', 1, 2)
    assert panel.notes['digits_motion'] == [
        'MLFO on digits_motion: seed 1 failed: NaN loss at step 7'
    ]


def test_a_later_success_replaces_a_failure(make_record):
    failed = make_record(status='failed', metrics={}, reason='killed', experiment='first')
    panel = fill([failed, make_record()])
    cell = panel.lines[0].cells[PLACE]
    assert (cell.status, cell.planned, panel.notes['digits_motion']) == ('measured', 1, [])


def of_data(**contents: str) -> dict:
    """Field ``leakage`` of a record on lists with these contents."""
    files = dict(test='digits_motion/test.txt', training='digits_motion/train.txt')
    files |= dict(pretraining='mine/train.txt')
    return dict(lists={role: dict(file=files[role], content=c) for role, c in contents.items()})


LATE = dict(end='2026-02-01T00:00:00+00:00', experiment='late', metrics=dict(top1=30.0))


@pytest.mark.parametrize(
    ('old', 'new', 'said'),
    [
        (dict(test='A'), dict(test='B'), 'another test list digits_motion/test.txt'),
        (dict(test='A', training='A'), dict(test='A', training='B'), 'another training list'),
        (dict(test='A', pretraining='A'), dict(test='A', pretraining='B'), 'list mine/train.txt'),
        ({}, dict(test='B'), 'do not say which data digits_motion was'),
    ],
)
def test_numbers_of_other_data_share_no_column(make_record, old, new, said):
    """Also those of another method, in another row."""
    mine = make_record(leakage=of_data(**old))
    others = make_record(method='simclr', leakage=of_data(**new), **LATE)
    panel = fill([mine, others])
    values = [line.cells[PLACE].values for line in panel.lines if line.cells[PLACE].values]
    assert values == [(30.0,)]
    (note,) = panel.notes['']
    assert note.startswith('1 records') and said in note and note.endswith('left out.')
    # of the same data they do
    again = make_record(leakage=of_data(**new), experiment='again')
    panel = fill([mine, others, again])
    assert sum(bool(line.cells[PLACE].values) for line in panel.lines) == 2


def test_numbers_of_another_version_of_the_protocol_share_no_column(make_record):
    protocol = make_record().protocol
    old = make_record(protocol=protocol | dict(version=1))
    new = make_record(method='simclr', protocol=protocol | dict(version=2), **LATE)
    (note,) = fill([old, new]).notes['']
    assert 'another version of the protocol of linear_probe' in note


def test_shipped_records_stay_beside_other_data(make_record):
    shipped = make_record(leakage=of_data(test='A'))
    shipped.reference = True
    new = make_record(leakage=of_data(test='B'), **LATE)
    assert '' not in fill([shipped, new]).notes


OTHERS = {
    'configuration': dict(family_hash=hash_text('other')),
    'protocol': dict(protocol=dict(line='cached probe', num_classes=8)),
}


@pytest.mark.parametrize('name', OTHERS)
def test_families_are_never_averaged(make_record, name):
    old = [make_record(seed=s, metrics=dict(top1=90.0)) for s in (0, 1)]
    late = dict(end='2026-02-01T00:00:00+00:00', experiment='late', metrics=dict(top1=30.0))
    new = make_record(seed=2, **OTHERS[name], **late)
    for records in ([*old, new], [new, *old]):
        panel = fill(records)
        cell = panel.lines[0].cells[PLACE]
        assert cell.values == (30.0,)
        (note,) = panel.notes['digits_motion']
        assert 'left out: 2 of another configuration, protocol or data' in note
        assert hash_text('family')[:8] in note


def test_same_seed_twice_counts_once(make_record):
    late = dict(end='2026-02-01T00:00:00+00:00', experiment='again', metrics=dict(top1=30.0))
    panel = fill([make_record(**late), make_record()])
    assert panel.lines[0].cells[PLACE].values == (30.0,)
    assert 'seed 0 stands in 2 records' in panel.notes['digits_motion'][0]


def test_metric_that_the_record_lacks(make_record):
    record = make_record(task='retrieval', metrics={'R@1': 20.0, 'R@1_centred': 25.0})
    panel = fill([record], block=CENTRED)
    cells = panel.lines[0].cells
    assert cells['digits_motion', 'R@1_centred'].mean == 25.0
    missing = cells['digits_motion', 'R@20_centred']
    assert (missing.status, missing.reason) == ('not run', 'no R@20_centred in the record')
    raw = fill([record], block=RAW).lines[0].cells
    assert raw['digits_motion', 'R@1'].mean == 20.0


def test_other_splits_are_counted_not_mixed(make_record):
    panel = fill([make_record(), make_record(split=2, metrics=dict(top1=99.0))])
    assert panel.lines[0].cells[PLACE].values == (50.0,)
    assert panel.notes[''] == ['1 records of splits other than 1 are not shown.']


@pytest.mark.parametrize(('value', 'at_chance'), [(12.0, True), (17.5, True), (17.8, False)])
def test_at_chance(make_record, value, at_chance):
    # 12.5 + 1.96 * sqrt(12.5 * 87.5 / 160) = 17.62
    cell = fill([make_record(metrics=dict(top1=value))]).lines[0].cells[PLACE]
    assert cell.at_chance is at_chance


@pytest.mark.parametrize(('clips', 'suspect'), [(160, True), (16, False)])
def test_suspect_is_said_of_a_test_set_that_is_large_enough(make_record, clips, suspect):
    samples = {part: dict(expected=clips, read=clips, skipped=0) for part in ('train', 'test')}
    record = make_record(metrics=dict(top1=12.5), n_samples=samples)
    cell = fill([record]).lines[0].cells[PLACE]
    assert cell.at_chance and (cell.suspect, cell.small) == (suspect, not suspect)


def test_chance_unknown(make_record):
    cell = fill([make_record(protocol=dict(line='x'))]).lines[0].cells[PLACE]
    assert cell.chance is None and not cell.at_chance


def test_columns(make_record):
    found = [make_record(dataset=name) for name in ('zzz', 'digits_class', 'aaa')]
    declared = ('digits_motion', 'digits_class')
    assert column_datasets([], DEMO) == declared
    assert column_datasets(found, DEMO) == (*declared, 'aaa', 'zzz')
    assert column_datasets([make_record(dataset='tennis7')], MINI) == ('tennis7',)


def test_pretraining_sets_are_no_columns(make_record, make_pretraining):
    records = [make_record(), make_pretraining(dataset='somewhere')]
    assert column_datasets(records, DEMO) == ('digits_motion', 'digits_class')


def test_untrained_weights_have_no_variant(make_record):
    record = make_record(method='random', variant='official', pretrain_dataset='ucf101')
    assert run_key(record) == ('random', '', 'r3d18', 'none', False)
    assert run_key(make_record(method='random', task='finetune')).method == 'scratch'


def keys(panel):
    return [(line.row.pretrain, line.key and line.key.pretrain) for line in panel.lines]


def test_paper_profile_matches_exactly(make_record):
    records = [make_record(profile='paper', pretrain_dataset='ucf101', dataset='ucf101')]
    assert keys(fill(records, [K400, UCF], profile=PAPER)) == [
        ('kinetics400', None),
        ('ucf101', 'ucf101'),
    ]
    records = [make_record(profile='paper', pretrain_dataset='ucf101', backbone='r3d18_narrow')]
    assert keys(fill(records, [UCF], profile=PAPER)) == [('ucf101', None), ('ucf101', 'ucf101')]


def test_small_profile_stands_in_the_kinetics_row_once(make_record):
    records = [
        make_record(profile='mini', pretrain_dataset=name, backbone='r3d18_narrow')
        for name in ('tennis7', 'utdplain27')
    ]
    panel = fill(records, [UCF, K400], profile=MINI)
    assert keys(panel) == [('ucf101', None), ('kinetics400', 'utdplain27'), ('tennis7', 'tennis7')]
    assert panel.lines[2].row.kind == 'beyond the paper'


def test_what_fits_no_row_gets_its_own(make_record):
    panel = fill([make_record(variant='official'), make_record(method='mine')])
    assert [line.row.label for line in panel.lines] == ['MLFO', 'mine', 'MLFO (official)']
    assert panel.lines[0].key is None


def names(table, records):
    rows = load_paper(paper_file(table, 'nowhere'))
    panel = fill(records, rows, TABLES[table].blocks[0])
    return [line.row.label for line in panel.lines if line.row.kind != 'quoted']


def test_an_ablation_stands_in_its_own_table(make_record):
    variants = ('default', 'official', 'no_lower', 'ctm', 'prototypes_20', 'first_stage_0', 'mine')
    records = [make_record(variant=variant) for variant in variants]
    records += [make_record(method='simclr', variant='default')]
    assert names('table1', records) == ['MLFO (official)', 'SimCLR (InfoNCE)']
    assert names('table2', records) == ['MLFO (mine)']
    assert names('table3', records) == []
    rows = load_paper(paper_file('table3', 'nowhere'))
    filled = fill(records, rows, TABLES['table3'].blocks[0]).lines
    assert [line.row.label for line in filled if line.key] == ['MLFO: CTM', 'MLFO: NTM (ours)']


def test_a_reason_for_what_was_not_run(make_record):
    panel = fill_block(LINEAR, [K400], [make_record()], DEMO, lambda row, name: f'no {name}')
    cells = panel.lines[0].cells
    missing = cells['digits_class', 'top1']
    assert (missing.status, missing.reason) == ('not run', 'no digits_class')
    assert cells[PLACE].status == 'measured'


def test_rows_of_other_tasks_are_left_out(make_record):
    rows = [Row('scratch', 'r3d18', 'none', tasks=('finetune',)), K400]
    assert [line.row.method for line in fill([], rows).lines] == ['mlfo']
    scratch = make_record(method='random', task='finetune')
    assert fill([scratch], rows, FINETUNE).lines[0].cells[PLACE].mean == 50.0
