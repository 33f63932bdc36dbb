"""Temporal terms by their padding: the right runs in each row, their ends, and the figure of them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mlfo_mm.reporting.aggregate import fits_row
from mlfo_mm.reporting.figures.padding import padding_plots
from mlfo_mm.reporting.padding import padded_runs, terms_grid
from mlfo_mm.reporting.specs import RANDOM, TABLES, Row
from mlfo_mm.reporting.tables import build_table
from mlfo_mm.study.identity import RunKey
from mlfo_mm.study.profiles import PROFILES
from tests.reporting.grids import heads, texts

DEMO = PROFILES['demo']
REFERENCES = dict(loss_motion_low=dict(chance=0.33, candidates=3))
SOLVED = [dict(name='loss_motion_low', kind='solved', line='motion_low: solved, loss 0.000')]
FAILED = dict(status='failed', reason='full disk', metrics={}, curves={})


@pytest.fixture
def runs(make_pretraining):
    """Two seeds of the published padding, one of another, and what belongs to no row."""

    def run(variant, seed, motion, **changes):
        curves = dict(epoch=[1, 2, 3], acc_motion_low=[None, *motion], loss=[3.0, 2.0, 1.0])
        log = dict(references=REFERENCES, states=SOLVED if motion[-1] == 1 else [])
        values = dict(variant=variant, seed=seed, curves=curves, train_log=log) | changes
        return make_pretraining(**values)

    return [
        run('default', 0, [0.5, 1.0]),
        run('default', 1, [0.7, 0.9]),
        run('default', 2, [0.7, 0.9], **FAILED),
        run('time_replicate', 0, [0.1, 0.3]),
        run('official+time_circular', 0, [0.2, 0.4], pretrain_dataset='mine'),
        run('one_hot', 0, [0.2, 0.2]),
        run('default', 0, [0.2, 0.2], backbone='s3d'),
    ]


def test_runs_of_each_row(runs):
    found = {row.variant: [run.seed for run in each] for row, each in padded_runs(runs, DEMO)}
    assert found == {
        'default': [0, 1],
        'time_replicate': [0],
        'time_circular': [],
        'official': [],
        'official+time_replicate': [],
        'official+time_circular': [0],
    }


def test_shipped_runs_stand_where_there_are_none_of_ones_own(runs):
    shipped = [replace(run) for run in runs]
    for run in shipped:
        run.reference = True
    label = 'MLFO: paper, replicate, reference'
    grid = terms_grid([*runs[:3], *shipped], DEMO)
    assert [row[0] for row in texts(grid)][:3] == [
        'MLFO: paper, zeros', label, 'MLFO: paper, circular',
    ]  # fmt: skip
    (plot,) = padding_plots([*runs[:3], *shipped], DEMO, 'RUN')
    assert plot.caption.endswith(f'Shipped runs: {label}; MLFO: official, circular, reference.')
    (own,) = padding_plots(runs, DEMO, 'RUN')
    assert plot.files['csv'] == own.files['csv'] and 'Shipped' not in own.caption


def test_where_the_terms_ended(runs):
    grid = terms_grid(runs, DEMO)
    assert heads(grid) == ('Method', 'n', 'Motion, low', 'Terms, first seed')
    rows = texts(grid)
    assert rows[0] == ('MLFO: paper, zeros', '2', '95.0', 'solved: motion_low')
    assert rows[1][:3] == ('MLFO: paper, replicate', '1', '30.0')
    assert rows[2][0] == 'MLFO: paper, circular' and 'not run' in rows[2][1]
    assert [row.measured for row in grid.rows] == [True, True, False, False, False, True]


def test_the_figure_has_a_line_a_padding_with_chance_beside_it(runs):
    (plot,) = padding_plots(runs, DEMO, 'RUN')
    assert plot.name == 'padding' and set(plot.files) == {'png', 'svg', 'pdf', 'csv'}
    lines = plot.files['csv'].decode().splitlines()
    assert lines[0] == 'form,padding,term,level,epoch,accuracy,n,chance'
    assert lines[1:3] == [
        'paper,zeros,motion,low,2,60,2,33.3333',
        'paper,zeros,motion,low,3,95,2,33.3333',
    ]
    assert len(lines) == 1 + 3 * 2
    assert len(plot.missing) == 3 and all(line.endswith('run it: RUN') for line in plot.missing)
    assert plot.alt.startswith('paper, zeros: motion low from 60 to 95.')
    (empty,) = padding_plots([], DEMO, 'RUN')
    assert not empty.files and len(empty.missing) == 6


def test_records_from_before_have_no_chance(runs):
    for run in runs:
        run.train_log = None
    (plot,) = padding_plots(runs, DEMO, 'RUN')
    assert plot.files['csv'].decode().splitlines()[1] == 'paper,zeros,motion,low,2,60,2,'
    assert texts(terms_grid(runs, DEMO))[0][3] == '—'


def key(method, variant):
    return RunKey(method, variant, 'r3d18', 'none' if method == 'random' else 'digits_motion')


def test_another_padding_is_in_no_row_of_any_variant():
    assert fits_row(RANDOM, key('random', ''), DEMO)
    assert not fits_row(RANDOM, key('random', 'time_replicate'), DEMO)
    quoted = Row('pace', 'r3d18', 'kinetics400')
    assert fits_row(quoted, key('pace', 'contrast'), DEMO)
    assert not fits_row(quoted, key('pace', 'contrast+time_circular'), DEMO)
    padded = Row('random', 'r3d18', 'none', 'time_replicate')
    assert fits_row(padded, key('random', 'time_replicate'), DEMO)
    assert padded.label == 'Random weights (replicate padding)'


def test_the_table(runs, make_record):
    probes = [
        make_record(metrics=dict(top1=60.0)),
        make_record(variant='time_replicate', metrics=dict(top1=70.0)),
        make_record(method='random', variant='time_circular', metrics=dict(top1=40.0)),
        make_record(variant='one_hot', metrics=dict(top1=1.0)),
        make_record(method='simclr', variant='time_replicate', metrics=dict(top1=66.0)),
    ]
    spec = TABLES['padding']
    page = build_table(spec, [*probes, *runs], [], DEMO).page
    probe, retrieval, order, terms = page.grids
    assert terms.title == terms_grid(runs, DEMO).title
    assert 'Forward or reversed' in order.title and 'R@1' in retrieval.title
    found = {row[0].replace('*', '').replace('\\', '').strip(): row for row in texts(probe)}
    assert '60.0' in ' '.join(found['MLFO: paper, zeros'])
    assert '70.0' in ' '.join(found['MLFO: paper, replicate'])
    assert '40.0' in ' '.join(found['Random weights: circular'])
    assert '66.0' in ' '.join(found['SimCLR (InfoNCE) (replicate padding)'])
    assert not any('one_hot' in name for name in found)
    assert not any('aper' in head.replace('paper', '') for head in heads(probe))
    # and nowhere else but where all runs stand
    for name in ('table1', 'table2', 'table3'):
        grid = build_table(TABLES[name], probes, [], DEMO).page.grids[0]
        assert not any('time_' in row[0] for row in texts(grid))
