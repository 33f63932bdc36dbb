"""What a reader sees: marks, dashes with reasons, protocols, separate columns."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mlfo_mm.reporting.aggregate import fill_block
from mlfo_mm.reporting.panel_grids import panel_grids
from mlfo_mm.reporting.specs import COSTS, TABLES, Row
from mlfo_mm.study.profiles import PROFILES
from tests.reporting.grids import heads, texts

LINEAR = TABLES['table1'].blocks[0]
CENTRED = TABLES['table4'].blocks[0]
VALUES = {
    ('linear_probe', 'ucf101', 'top1'): 63.2,
    ('linear_probe', 'hmdb51', 'top1'): 33.4,
    ('retrieval', 'ucf101', 'R@1'): 41.5,
    ('retrieval', 'ucf101', 'R@5'): 60.6,
}
MLFO = Row('mlfo', 'r3d18', 'kinetics400', 'default', kind='quoted', values=VALUES)
OTHERS = [Row(name, 'r3d18', 'kinetics400', kind='quoted') for name in ('ccl', 'pace', 'sts')]


def grids(records, rows=(MLFO, *OTHERS), block=LINEAR, profile='demo'):
    chosen = PROFILES[profile]
    return panel_grids(fill_block(block, rows, records, chosen), chosen)


def column(grid, name):
    return [row[heads(grid).index(name)] for row in texts(grid)]


def test_best_and_second_and_n(make_record):
    scores = dict(mlfo=(60.0, 64.0), ccl=(50.0,), pace=(40.0,))
    records = [
        make_record(method=method, seed=seed, metrics=dict(top1=value))
        for method, values in scores.items()
        for seed, value in enumerate(values)
    ]
    (grid,) = grids(records)
    # 12.7062 * (2.8284 / sqrt(2)) = 25.4
    assert column(grid, 'digits_motion') == [
        '12.5',
        '**62.0 ± 25.4** (n=2)',
        '<ins>50.0</ins> (n=1)',
        '40.0 (n=1)',
        '— not run',
    ]
    assert column(grid, 'digits_class') == ['', *['— not run'] * 4]
    assert tuple(row.measured for row in grid.rows) == (True, True, True, True, False)


def test_ties_share_a_mark_and_a_single_number_has_none(make_record):
    records = [
        make_record(method=method, metrics=dict(top1=value))
        for method, value in dict(mlfo=50.01, ccl=49.99, pace=30.0).items()
    ]
    (grid,) = grids(records)
    assert column(grid, 'digits_motion')[1:4] == [
        '**50.0** (n=1)',
        '**50.0** (n=1)',
        '<ins>30.0</ins> (n=1)',
    ]
    (grid,) = grids(records[:1])
    assert column(grid, 'digits_motion')[1] == '50.0 (n=1)'


def test_failed_cell_and_partly_failed_cell(make_record):
    failed = dict(status='failed', metrics={}, reason='out | of\nmemory')
    records = [
        make_record(seed=0),
        make_record(seed=1, **failed),
        make_record(method='ccl', **failed),
    ]
    (grid,) = grids(records)
    assert column(grid, 'digits_motion')[1:3] == ['50.0 (n=1/2)', '— failed: out / of memory']
    assert any('seed 1 failed' in note for note in grid.notes)


def test_chance_mark_and_row(make_record):
    records = [make_record(metrics=dict(top1=13.0))]
    (grid,) = grids(records)
    assert texts(grid)[0][:3] == ('Chance', '', '')
    assert column(grid, 'digits_motion')[:2] == ['12.5', '13.0 † (n=1)']
    (grid,) = grids([make_record(protocol=dict(line='no classes known'))])
    assert texts(grid)[0][0] == 'MLFO'


def test_protocol_line_and_counts(make_record):
    counts = dict(
        train=dict(expected=480, read=479, skipped=1), test=dict(expected=160, read=158, skipped=2)
    )
    (grid,) = grids([make_record(n_samples=counts)])
    assert grid.notes == (
        'digits_motion, protocol: split 1, 10 clips x 1 crop, frozen, mean softmax',
        'digits_motion: 158 test clips (2 skipped), 479 train clips (1 skipped).',
    )


def test_different_protocols_are_numbered_and_not_ranked(make_record):
    records = [
        make_record(metrics=dict(top1=60.0)),
        make_record(method='ccl', protocol=dict(line='cached probe', num_classes=8)),
    ]
    (grid,) = grids(records)
    assert column(grid, 'digits_motion')[1:3] == ['60.0 (n=1) [1]', '50.0 (n=1) [2]']
    assert 'digits_motion, protocol [2]: cached probe' in grid.notes
    assert any('not marked' in note for note in grid.notes)


def test_small_profile_keeps_the_paper_in_its_own_columns(make_record):
    (grid,) = grids([make_record(backbone='r3d18_narrow')])
    assert heads(grid) == (
        'Method',
        'Backbone',
        'Pretrained on',
        'digits_motion',
        'digits_class',
        "Paper's run",
        'Paper: UCF101',
        'Paper: HMDB51',
    )
    assert texts(grid)[1] == (
        'MLFO',
        'r3d18_narrow',
        'digits_motion',
        '50.0 (n=1)',
        '— not run',
        'R3D-18, Kinetics-400',
        '63.2',
        '33.4',
    )
    assert texts(grid)[2][1:4] == ('R3D-18', '—', '— not run')
    assert texts(grid)[2][5:] == ('R3D-18, Kinetics-400', '—', '—')


def test_paper_profile_shows_differences(make_record):
    record = make_record(profile='paper', pretrain_dataset='kinetics400', dataset='ucf101')
    (grid,) = grids([record], profile='paper')
    assert heads(grid)[3:6] == ('UCF101', 'Paper: UCF101', 'Difference: UCF101')
    assert texts(grid)[1][3:] == ('50.0 (n=1)', '63.2', '-13.2', '— not run', '33.4', '—')


def test_retrieval_has_a_grid_per_data_set(make_record):
    metrics = {f'R@{k}{kind}': k + 20.0 for k in (1, 5, 10, 20) for kind in ('', '_centred')}
    record = make_record(
        task='retrieval',
        metrics=metrics | {'R@1': 77.0},
        profile='paper',
        pretrain_dataset='kinetics400',
        dataset='ucf101',
    )
    first, second = grids([record], block=CENTRED, profile='paper')
    assert first.title == 'Retrieval on centred features: UCF101'
    assert heads(first)[3:7] == ('R@1', 'R@5', 'R@10', 'R@20')
    # raw R@1 is 77: it must not be seen here
    assert texts(first)[1][3:] == (
        '21.0 (n=1)',
        '25.0 † (n=1)',
        '30.0 † (n=1)',
        '40.0 † (n=1)',
        '41.5 / 60.6 / — / —',
        '-20.5 / -35.6 / — / —',
    )
    assert texts(second)[0][3:] == (*['— not run'] * 4, '—', '—')


def test_costs_beside_the_accuracy(make_record):
    panel = fill_block(LINEAR, [MLFO, OTHERS[0]], [make_record()], PROFILES['demo'])
    panel.lines[0].costs = dict(params_m=33.166, wall_time_s=5400.0)
    (grid,) = panel_grids(replace(panel, costs=COSTS), PROFILES['demo'])
    assert heads(grid)[-5:] == ('Params (M)', 'GFLOPs', 'Clips/s', 'Memory (MB)', 'Time (h)')
    lacks = '— not recorded'
    assert texts(grid)[1][-5:] == ('33.17', lacks, lacks, lacks, '1.50')
    assert texts(grid)[2][-5:] == ('— not run',) * 5
    assert texts(grid)[0][-5:] == ('',) * 5  # chance


def test_rows_are_starred_only_beside_the_papers(make_record):
    baseline = Row('random', 'r3d18', 'none')
    (grid,) = grids([make_record()], [baseline, MLFO])
    assert [row[0] for row in texts(grid)] == ['Chance', 'Random weights *', 'MLFO']
    (grid,) = grids([make_record()], [baseline, replace(MLFO, kind='beyond the paper')])
    assert [row[0] for row in texts(grid)] == ['Chance', 'Random weights', 'MLFO']


@pytest.mark.parametrize('label', ['a|b', 'a\nb'])
def test_labels_cannot_break_the_table(make_record, label):
    (grid,) = grids([make_record(variant=label)])
    assert all('|' not in cell and '\n' not in cell for row in texts(grid) for cell in row)


@pytest.mark.parametrize('clips', [16, 160])
def test_a_small_test_set_has_a_note_and_no_dagger(make_record, clips):
    samples = {part: dict(expected=clips, read=clips, skipped=0) for part in ('train', 'test')}
    records = [
        make_record(metrics=dict(top1=13.0), n_samples=samples),
        make_record(method='simclr', metrics=dict(top1=50.0), n_samples=samples),
    ]
    (grid,) = grids(records)
    shown = column(grid, 'digits_motion')
    note = 'digits_motion: the test set is small, a number near chance says little.'
    assert ('13.0 (n=1)' in shown, note in grid.notes) == (clips == 16, clips == 16)
    assert ('13.0 † (n=1)' in shown) == (clips == 160)
