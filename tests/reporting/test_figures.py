"""Figures as functions of records: values, bytes, what is missing."""

from __future__ import annotations

import csv
import io
import os
import subprocess
import sys
from types import SimpleNamespace

import matplotlib as mpl
import numpy as np
import pytest
from PIL import Image

from mlfo_mm.errors import UserError
from mlfo_mm.reporting.figures import build_figures, make_figures
from mlfo_mm.reporting.figures.bar_panels import Bar, BarPanel
from mlfo_mm.reporting.figures.bars import bar_plot
from mlfo_mm.reporting.figures.curves import group_series
from mlfo_mm.reporting.figures.make import find_figure
from mlfo_mm.study.profiles import PROFILES
from mlfo_mm.study.records import load_records, write_record
from tests.conftest import REPO
from tests.reporting import crafted

DEMO = PROFILES['demo']


def rows(data):
    return list(csv.DictReader(io.StringIO(data.decode())))


def plots(records, name, results='results'):
    return build_figures(records, DEMO, results, [name])[name]


def everything():
    records = crafted.sweep_records() + crafted.table_records()
    return [*records, crafted.pretrain_record(), crafted.pretrain_record('no_lower', 1)]


def test_same_records_same_bytes_whatever_the_users_own_style(tmp_path):
    runs = [crafted.pretrain_record(epochs=4), *crafted.probe('no_lower', 35.0, (0, 1))]
    for record in crafted.sweep_records() + runs:
        write_record(record, tmp_path)
    made = []
    for size in (10.0, 25.0):
        with mpl.rc_context({'font.size': size, 'axes.facecolor': 'pink'}):
            records = load_records(tmp_path, 'demo')
            found = build_figures(records, DEMO, REPO / 'results', ['3', 'bars', 'curves'])
        made.append({p.name: p.files for group in found.values() for p in group if p.files})
    assert made[0] == made[1]
    assert set(made[0]) >= {'figure3', 'table2_linear_probe'}
    for name, files in made[0].items():
        assert files.get('png', b'\x89PNG')[:4] == b'\x89PNG', name
        assert b'<dc:date>' not in files['svg'] and b'tEXt' not in files.get('png', b'')
        assert files['pdf'][:5] == b'%PDF-' and b'Date' not in files['pdf']


def test_sweeps_hold_mean_and_interval_and_the_default_at_its_own_place():
    (plot,) = plots(crafted.sweep_records(), '3')
    lines = rows(plot.files['csv'])
    motion = [line for line in lines if line['dataset'] == 'digits_motion']
    assert [(line['sweep'], line['value'], line['variant']) for line in motion] == [
        ('K', '5', 'prototypes_5'),
        ('K', '20', 'prototypes_20'),
        ('K', '100', 'default'),
        ('K', '400', 'prototypes_400'),
        ('E', '0', 'first_stage_0'),
        ('E', '10', 'first_stage_10'),
        ('E', '20', 'default'),
        ('E', '50', 'first_stage_50'),
    ]
    default = motion[2]
    assert (default['mean'], default['n']) == ('42.5', '3')
    # t(0.975, 2) * 1.5 / sqrt(3)
    assert float(default['half_width']) == pytest.approx(4.302653 * 1.5 / 3**0.5, abs=1e-4)
    assert default['by_seed'] == '0:41 1:42.5 2:44'
    assert (motion[4]['half_width'], motion[4]['n']) == ('', '1')
    assert plot.missing == () and 'prints curves without numbers' in plot.caption
    assert 'highest at 100' in plot.alt


def test_a_sweep_says_what_it_lacks():
    records = [
        record for record in crafted.sweep_records() if not record.variant.startswith('first_stage')
    ]
    failed = crafted.probe('prototypes_7', 0.0, (0,), status='failed', reason='no memory')
    for record in failed:
        record.metrics = {}
    vague = crafted.probe('prototypes_9', 30.0, (0,), shape=dict(crafted.config(), settings={}))
    (plot,) = plots([*records, *failed, *vague], '3')
    assert {line['sweep'] for line in rows(plot.files['csv'])} == {'K'}
    command = 'python tools/benchmark.py run --profile demo --tables figure3'
    assert f'no sweep over E in the records; run it: {command}' in plot.missing
    assert 'prototypes_7 on digits_motion failed: no memory' in plot.missing
    text = 'prototypes_9 on digits_motion is left out: its record does not say prototypes'
    assert text in plot.missing


def test_sweeps_of_two_backbones_are_two_lines_of_a_data_set():
    records = crafted.sweep_records()
    other = [
        record
        for variant, top1 in (('default', 45.0), ('prototypes_20', 44.0))
        for record in crafted.probe(
            variant, top1, (0,), backbone='s3d', shape=crafted.config(20 if top1 < 45 else 100)
        )
        if record.dataset == 'digits_motion'
    ]
    for record in records + other:
        del record.protocol['num_classes']
    (plot,) = plots(records + other, '3')
    for name in ('R3D-18', 'S3D'):
        assert f'digits_motion, {name} on digits_motion' in plot.alt
    assert 'digits_class, S3D' not in plot.alt and 'Chance' not in plot.caption
    assert 'Chance: ' in plots(crafted.sweep_records(), '3')[0].caption


@pytest.mark.parametrize('name', ['3', '4', '5', 'bars', 'curves'])
def test_a_figure_without_data_says_which_command_makes_it(name, tmp_path):
    for plot in plots([], name, REPO / 'results'):
        assert plot.files == {}
        assert any('tools/benchmark.py run --profile demo' in reason for reason in plot.missing)


def test_files_that_the_records_no_longer_give_are_removed(tmp_path):
    for record in crafted.sweep_records():
        path = write_record(record, tmp_path)
    make_figures('demo', tmp_path, ['3'])
    folder = tmp_path / 'figures' / 'demo'
    own = folder / 'my_figure3.png'
    own.write_bytes(b'')
    assert sorted(p.name for p in folder.glob('figure3.*')) == [
        'figure3.csv',
        'figure3.pdf',
        'figure3.png',
        'figure3.svg',
    ]
    for path in (tmp_path / 'records' / 'demo').iterdir():
        path.unlink()
    make_figures('demo', tmp_path, ['3', 'curves'])
    assert list(folder.iterdir()) == [own]


def test_bars_set_the_papers_numbers_apart():
    found = {plot.name: plot for plot in plots(everything(), 'bars', REPO / 'results')}
    plot = found['table2_linear_probe']
    assert 'digits_motion: ' in plot.alt and 'Paper: UCF101: ' in plot.alt
    assert 'MLFO: w/o 35.0' in plot.alt and 'MLFO: w/o 58.1' in plot.alt
    assert 'compare the order, not the numbers' in plot.caption
    empty = found['table4_retrieval']
    assert empty.files == {} and empty.missing


def test_bars_of_several_metrics_stand_side_by_side():
    from mlfo_mm.reporting.aggregate import fill_block
    from mlfo_mm.reporting.specs import Block, TableSpec
    from mlfo_mm.study.tasks import Metric

    block = Block('Levels', 'level_probe', tuple(Metric(f'top1_{x}', x) for x in ('low', 'high')))
    record = crafted.build(task='level_probe', metrics=dict(top1_low=20.0, top1_high=40.0))
    panel = fill_block(block, (), [record], DEMO)
    plot = bar_plot(TableSpec('levels', 'Levels', (block,), ()), panel, DEMO, 'run')
    assert plot.alt == 'digits_motion, low: MLFO 20.0. digits_motion, high: MLFO 40.0.'


def test_bars_tell_apart_backbones_pretraining_sets_and_protocols():
    runs = [
        crafted.build(backbone=backbone, pretrain_dataset=pretrain, metrics=dict(top1=value))
        for backbone, pretrain, value in (
            ('r3d18', 'digits_motion', 40.0),
            ('s3d', 'digits_motion', 42.0),
            ('s3d', 'digits_class', 44.0),
        )
    ]

    def linear(records):
        found = plots(records, 'bars', REPO / 'results')
        return next(plot for plot in found if plot.name == 'table1_linear_probe')

    plot = linear(runs)
    for name in (
        'MLFO, R3D-18, on digits_motion 40.0',
        'MLFO, S3D, on digits_motion 42.0',
        'MLFO, S3D, on digits_class 44.0',
    ):
        assert name in plot.alt
    assert 'differ in protocol' not in plot.caption
    runs[1].protocol['line'] = '1 clip'
    assert 'The rows differ in protocol' in linear(runs).caption


def test_curves_are_grouped_by_what_they_measure():
    record = crafted.pretrain_record(epochs=4)
    record.curves['stat_new'] = [1.0, 2.0, None, 4.0]
    record.curves['acc_retrieval_low'] = [0.1, 0.2, 0.3, 0.4]
    groups = group_series(record)
    assert list(groups) == [
        'Loss, total',
        'Loss terms, as weighted',
        'Accuracy of the pretext tasks (%)',
        'Edges per clip of the graph',
        'Prototypes in use',
        'Deviation of embeddings',
        'Other monitors',
    ]
    graphs = [s for s in groups['Loss terms, as weighted'] if s.term == 'graph']
    assert [(s.level, s.epochs) for s in graphs] == [('low', (3, 4)), ('mid', (3, 4))]
    (share,) = [s for s in groups['Accuracy of the pretext tasks (%)'] if s.term == 'retrieval']
    assert share.values == pytest.approx((10, 20, 30, 40))
    assert [(s.term, s.epochs) for s in groups['Other monitors']] == [('new', (1, 2, 4))]


def test_one_learning_curve_per_run_and_failed_runs_say_why():
    failed = crafted.pretrain_record('ctm', 2)
    failed.status, failed.reason, failed.metrics, failed.curves = 'failed', 'loss is nan', {}, {}
    found = plots([crafted.pretrain_record(), failed], 'curves')
    assert [plot.title for plot in found] == [
        'MLFO, R3D-18, on digits_motion, seed 0',
        'MLFO (CTM), R3D-18, on digits_motion, seed 2',
    ]
    assert found[0].files['svg'].startswith(b'<?xml')
    assert found[1].files == {} and 'failed: loss is nan' in found[1].missing[0]


def test_panels_of_a_run_fill_its_rows_and_no_more():
    record = crafted.pretrain_record(epochs=4)
    keep = ('epoch', 'loss', 'loss_semantic', 'acc_motion_low', 'stat_edges_low')
    record.curves = {key: record.curves[key] for key in keep}
    (plot,) = plots([record], 'curves')
    assert plot.files['svg'].count(b'<g id="axes_') == 4
    record.curves = {}
    (plot,) = plots([record], 'curves')
    title = 'MLFO, R3D-18, on digits_motion, seed 0'
    assert plot.files == {} and plot.missing == (f'{title}: its record holds no curves',)


def test_unknown_figure_is_named():
    assert find_figure('figure3') == find_figure('3') == '3'
    with pytest.raises(UserError, match=r"unknown figure 'curve' \(did you mean 'curves'\?\)"):
        find_figure('curve')


def run_tool(*arguments, **environment):
    return subprocess.run(
        [sys.executable, str(REPO / 'tools' / 'make_figures.py'), *arguments],
        capture_output=True,
        text=True,
        env=os.environ | dict(PYTHONPATH=str(REPO)) | environment,
        cwd='/',
    )


def test_the_tool_needs_no_torch_and_says_what_it_wrote(tmp_path):
    for record in crafted.sweep_records():
        write_record(record, tmp_path)
    fake = tmp_path / 'fake'
    for name in ('torch', 'mmengine', 'mmcv', 'mmaction'):
        (fake / name).mkdir(parents=True)
        (fake / name / '__init__.py').write_text('raise RuntimeError("imported")')
    arguments = ('--profile', 'demo', '--results', str(tmp_path), '--figures', '3', '4')
    done = run_tool(*arguments, PYTHONPATH=os.pathsep.join([str(fake), str(REPO)]))
    assert (done.returncode, done.stderr) == (0, '')
    assert f'{tmp_path}/figures/demo/figure3.{{png, svg, pdf, csv}}' in done.stdout
    assert 'Figure 4: nearest training clips: nothing to show' in done.stdout
    with Image.open(tmp_path / 'figures' / 'demo' / 'figure3.png') as image:
        assert np.asarray(image.convert('L')).std() > 1
    done = run_tool(*arguments[:-2], '4')
    assert done.returncode == 2 and 'nothing to show' in done.stdout
    assert done.stderr.startswith('error: none of these figures has something to show: tools/bench')


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        (['--profile', 'dmo'], "error: unknown profile 'dmo'"),
        (['--profile', 'demo', '--figures', '7'], "error: unknown figure '7'"),
    ],
)
def test_user_errors_of_the_tool(arguments, message, tmp_path):
    done = run_tool(*arguments, '--results', str(tmp_path))
    assert done.returncode == 2 and done.stderr.startswith(message)
    assert done.stderr.count('\n') == 1


def test_an_interval_in_percent_ends_at_0_and_100():
    bar = Bar(40.0, SimpleNamespace(half_width=70.0, values=(30.0, 50.0)))
    percent = BarPanel(('top-1',), {0: bar})
    assert percent.interval(bar) == (0.0, 100.0) and percent.end(bar) == 100.0
    assert BarPanel(('hours',), {0: bar}, unit='').interval(bar) == (-30.0, 110.0)
    alone = Bar(40.0)
    assert percent.interval(alone) is None and percent.end(alone) == 40.0
