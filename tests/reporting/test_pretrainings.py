"""Tables of pretraining runs: costs and where the training ended."""

from __future__ import annotations

import csv

import pytest

from mlfo_mm.reporting.figures.curves import group_series
from mlfo_mm.reporting.pretrainings import (
    COST_FIELDS,
    TRAINING_FIELDS,
    cost_rows,
    costs_table,
    device_name,
    last_values,
    mean_costs,
    training_table,
)
from mlfo_mm.reporting.render.csv import csv_text
from mlfo_mm.study.identity import RunKey
from mlfo_mm.study.profiles import PROFILES
from tests.reporting.grids import heads, texts

DEMO = PROFILES['demo']
KEY = RunKey('mlfo', 'default', 'r3d18', 'digits_motion')
GPU = dict(cpu='x', cores=8, gpus=['H100', 'H100'])
LATER = '2026-02-01T00:00:00+00:00'


def read(lines):
    text = csv_text(tuple(dict.fromkeys((*COST_FIELDS, *TRAINING_FIELDS))), lines)
    return list(csv.DictReader(text.splitlines()))


def test_device():
    class Run:
        hardware = GPU

    assert device_name(Run) == '2 x H100'
    Run.hardware = dict(cpu='EPYC', cores=2, gpus=[])
    assert device_name(Run) == 'EPYC, 2 cores'
    Run.hardware = {}
    assert device_name(Run) == 'CPU, ? cores'


def test_costs_are_means_over_seeds_of_one_machine(make_pretraining):
    slow = [
        make_pretraining(seed=seed, cost=dict(clips_per_s=speed, params_m=33.17))
        for seed, speed in enumerate((10.0, 14.0))
    ]
    fast = make_pretraining(
        hardware=GPU, end=LATER, experiment='late', cost=dict(clips_per_s=900.0)
    )
    first, second = cost_rows([fast, *slow])
    assert (first.device, first.values('clips_per_s')) == ('2 x H100', [900.0])
    assert (second.device, second.values('clips_per_s')) == ('none, 2 cores', [10.0, 14.0])
    assert second.values('gflops') == []
    # beside an accuracy stand those of the machine that finished last
    assert mean_costs([fast, *slow]) == {KEY: dict(clips_per_s=900.0)}
    assert mean_costs(slow) == {KEY: dict(clips_per_s=12.0, params_m=33.17)}


def test_costs_as_grid_and_csv(make_pretraining):
    records = [make_pretraining(seed=s, cost=dict(clips_per_s=10.0 + s)) for s in (0, 1)]
    grid, text = costs_table(records, DEMO)
    assert texts(grid) == [
        (
            'MLFO',
            'R3D-18',
            'digits_motion',
            'none, 2 cores',
            '2',
            '— not recorded',
            '— not recorded',
            '10.5',
            '— not recorded',
            '— not recorded',
        ),
    ]
    lines = {line['quantity']: line for line in read(text)}
    speed = lines['clips_per_s']
    assert [speed[k] for k in ('mean', 'n', 'seeds', 'status')] == [
        '10.5',
        '2',
        '[0, 1]',
        'measured',
    ]
    assert float(speed['half_width']) == pytest.approx(12.7062 * 0.5, abs=1e-3)
    assert [lines['gflops'][k] for k in ('mean', 'status', 'reason')] == [
        '',
        'not run',
        'not recorded',
    ]


def test_weights_without_pretraining_have_no_costs_of_it(make_record):
    record = make_record(method='random', cost=dict(params_m=33.17))
    grid, text = costs_table([record], DEMO)
    row = dict(zip(heads(grid), texts(grid)[0], strict=True))
    assert (row['Params (M)'], row['Clips/s']) == ('33.17', '— not defined')
    assert {line['reason'] for line in read(text)} == {'', 'not defined'}


def test_hours_of_seconds(make_pretraining):
    grid, text = costs_table([make_pretraining(cost=dict(wall_time_s=5400.0))], DEMO)
    assert texts(grid)[0][heads(grid).index('Time (h)')] == '1.50'
    assert {line['mean'] for line in read(text) if line['quantity'] == 'wall_time_s'} == {'5400'}


def test_what_was_only_evaluated_has_the_costs_of_its_backbone(make_record):
    random = make_record(
        method='random', variant='', pretrain_dataset='none', cost=dict(params_m=33.2, gflops=8.0)
    )
    (row,) = cost_rows([random, make_record()])
    assert (row.key.method, row.values('gflops'), row.device) == ('random', [8.0], '')


def test_failed_pretraining(make_pretraining):
    lost = dict(status='failed', metrics={}, cost={}, curves={}, reason='NaN |\nloss')
    grid, text = costs_table([make_pretraining(**lost)], DEMO)
    assert texts(grid)[0][4:6] == ('0/1', '— failed: NaN / loss') and not grid.measured
    assert {(line['status'], line['reason']) for line in read(text)} == {('failed', 'NaN | loss')}
    grid, text = training_table([make_pretraining(**lost)], DEMO)
    assert texts(grid)[0][3:6] == ('0', '—', '— failed: NaN / loss')
    assert [line['status'] for line in read(text)] == ['failed']


def test_training(make_pretraining, make_record):
    records = [
        make_pretraining(seed=1, curves=dict(epoch=[1, 2], loss=[6.0, 4.0])),
        make_pretraining(),
        make_pretraining(method='simclr', variant='default', curves={}, metrics=dict(loss=1.5)),
        make_record(),
    ]
    grid, text = training_table(records, DEMO)
    at = heads(grid).index
    shown = [
        (row[0], row[3], row[4], row[at('Loss')], row[at('Edges, low')]) for row in texts(grid)
    ]
    assert shown == [
        ('MLFO', '0', '2', '3', '2'),
        ('MLFO', '1', '2', '4', '2'),  # its curves lack the edges, the last epoch's means do not
        ('SimCLR (InfoNCE)', '0', '—', '1.5', '— not logged'),
    ]
    lines = read(text)
    loss = [(x['seed'], x['first'], x['last']) for x in lines if x['quantity'] == 'loss']
    assert loss == [('0', '5', '3'), ('1', '6', '4'), ('0', '', '1.5')]
    edges = next(x for x in lines if x['quantity'] == 'stat_edges_low')
    assert (edges['first'], edges['last']) == ('2', '2')  # absent in the first epoch


def test_last_values_pass_over_gaps(make_pretraining):
    run = make_pretraining(metrics=dict(loss=9.0), curves=dict(epoch=[1, 2], loss=[2.0, None]))
    assert last_values(run) == dict(loss=2.0)


def test_other_families_are_named(make_pretraining):
    old = make_pretraining(family_hash='0' * 64)
    new = make_pretraining(end=LATER)
    grid, _ = training_table([old, new], DEMO)
    assert len(grid.rows) == 1 and 'left out: 1 of another configuration' in grid.notes[0]


def test_without_pretrainings(make_record):
    for table in (costs_table, training_table):
        grid, text = table([make_record()], DEMO)
        assert grid.rows == () and 'No pretraining' in grid.notes[0] and len(read(text)) == 0


def test_what_is_said_of_terms_stands_beside_their_ends(make_pretraining):
    names = dict(loss_motion_low='solved', loss_motion_mid='solved', loss_speed='chance')
    states = [dict(name=name, kind=kind, line='') for name, kind in names.items()]
    said = make_pretraining(train_log=dict(states=states))
    grid, _ = training_table([said, make_pretraining(seed=1, train_log=dict(states='?'))], DEMO)
    assert heads(grid)[-1] == 'Terms'
    assert [row[-1] for row in texts(grid)] == [
        'solved: motion_low, motion_mid; not learned: speed', '—',
    ]  # fmt: skip


def test_the_loss_by_chance_stands_beside_the_curve(make_pretraining):
    curves = dict(epoch=[1, 2], loss_speed=[0.7, 0.6], loss_graph=[1.0, 0.9])
    log = dict(references=dict(loss_speed=dict(chance=0.693)))
    series = group_series(make_pretraining(curves=curves, train_log=log))['Loss terms, as weighted']
    assert {each.term: each.chance for each in series} == dict(speed=0.693, graph=None)
    old = group_series(make_pretraining(curves=curves))['Loss terms, as weighted']
    assert {each.chance for each in old} == {None}
