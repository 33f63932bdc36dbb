"""Methods side by side: which rows, what stands in their cells, bytes."""

from __future__ import annotations

import csv
import io
import random

import pytest

from mlfo_mm.errors import UserError
from mlfo_mm.reporting.compare import build_comparison, compare, known_variants, parse_name
from mlfo_mm.study.profiles import PROFILES
from mlfo_mm.study.records import write_record
from tests.reporting import crafted
from tests.reporting.conftest import build
from tests.reporting.grids import heads, texts

DEMO = PROFILES['demo']
METHODS = {'mlfo', 'pace', 'moco'}


@pytest.fixture
def records(make_record, make_pretraining):
    levels = dict(top1_low=20.0, top1_mid=30.0, top1_high=40.0)
    return [
        *crafted.probe('default', 41.0),
        *crafted.probe('no_lower', 35.0, (0,)),
        *crafted.probe('default', 29.0, (0,), method='pace'),
        *crafted.probe('contrast', 30.0, (0,), method='pace'),
        *crafted.probe('', 18.0, (0,), method='random', pretrain_dataset='none'),
        make_record(task='level_probe', metrics=levels),
        make_record(
            method='pace',
            variant='contrast',
            task='finetune',
            status='failed',
            metrics={},
            reason='out of memory',
        ),
        make_pretraining(),
    ]


def cells(grid, name):
    (row,) = [row for row in texts(grid) if row[0] == name]
    return dict(zip(heads(grid), row, strict=True))


def test_table_has_accuracy_levels_and_seeds_for_each_data_set(records):
    made = build_comparison(['mlfo', 'pace-contrast'], records, DEMO, METHODS)
    motion, digit, costs = made.page.grids
    assert (motion.title, digit.title) == ('digits_motion', 'digits_class')
    assert [row[0] for row in texts(motion)] == ['Chance', 'MLFO', 'Pace (contrast)']
    mlfo = cells(motion, 'MLFO')
    # seeds 41, 42.5, 44: t(0.975, 2) * 1.5 / sqrt(3) = 3.7
    assert mlfo['Linear probe'] == '**42.5 ± 3.7** (n=3)'
    assert mlfo['Probe, low'] == '20.0 (n=1)' and mlfo['Probe, high'] == '40.0 (n=1)'
    assert mlfo['Finetune'] == '— not run'
    assert cells(digit, 'MLFO')['Linear probe'] == '**48.5 ± 3.7** (n=3)'
    assert cells(digit, 'MLFO')['Probe, low'] == '— not run'
    assert cells(motion, 'Pace (contrast)')['Finetune'] == '— failed: out of memory'
    assert cells(motion, 'Chance')['Linear probe'] == '12.5'
    assert 'R@1' not in heads(motion)
    assert 'Not run for any of them: retrieval, order, neighbours.' in made.markdown
    assert cells(costs, 'MLFO')['Clips/s'] == '20.0' and cells(costs, 'MLFO')['Time (h)'] == '0.50'
    assert cells(costs, 'Pace (contrast)')['Clips/s'] == '— not recorded'


def test_notes_name_the_task_unless_they_hold_for_all(records):
    made = build_comparison(['mlfo', 'pace-contrast'], records, DEMO, METHODS)
    notes = made.page.grids[0].notes
    assert 'digits_motion: 160 test clips (0 skipped), 480 train clips (0 skipped).' not in notes
    assert any(
        note.startswith('Finetune: Pace (contrast) on digits_motion: seed 0') for note in notes
    )
    alone = build_comparison(['random'], records, DEMO, METHODS)
    assert 'digits_motion: 160 test clips (0 skipped), 480 train clips (0 skipped).' in (
        alone.page.grids[0].notes
    )


def test_a_method_is_all_of_its_variants_but_ablations(records):
    def names(*asked):
        return [
            row[0]
            for row in texts(build_comparison(asked, records, DEMO, METHODS).page.grids[0])[1:]
        ]

    assert names('pace', 'mlfo') == ['Pace (contrast)', 'Pace', 'MLFO']
    assert names('mlfo', 'mlfo-no_lower', 'mlfo') == ['MLFO', 'MLFO (no graph terms)']


def test_what_was_not_run_and_what_is_not_defined_say_so(records):
    made = build_comparison(['mlfo', 'random', 'moco', 'cbt'], records, DEMO, METHODS)
    motion, _, costs = made.page.grids
    assert cells(motion, 'MoCo v2')['Linear probe'] == '— not run'
    assert cells(motion, 'MoCo v2')['Backbone'] == '—'
    assert cells(motion, 'CBT')['Linear probe'] == '— method not implemented yet'
    assert cells(costs, 'CBT')['Params (M)'] == '— method not implemented yet'
    assert cells(costs, 'MoCo v2')['n'] == '0' and cells(costs, 'MoCo v2')['GFLOPs'] == '— not run'
    untrained = build_comparison(['random', 'pace'], records, DEMO, METHODS).page.grids[0]
    assert cells(untrained, 'Random weights')['Finetune'] == '— not defined'


def test_csv_has_the_same_numbers_and_the_costs(records):
    made = build_comparison(['mlfo', 'pace-contrast'], records, DEMO, METHODS)
    lines = list(csv.DictReader(io.StringIO(made.csv)))
    (line,) = [
        line
        for line in lines
        if (line['method'], line['task'], line['dataset'])
        == ('mlfo', 'linear_probe', 'digits_motion')
    ]
    assert (line['mean'], line['n'], line['seeds']) == ('42.5', '3', '[0, 1, 2]')
    assert (line['params_m'], line['wall_time_s'], line['table']) == ('33.2', '1800', 'compare')
    assert {line['status'] for line in lines} == {'measured', 'failed', 'not run'}


def test_plot_has_a_panel_for_each_column_and_cost(records):
    plot = build_comparison(['mlfo', 'pace', 'moco'], records, DEMO, METHODS).plot()
    assert set(plot.files) == {'png', 'svg', 'pdf'}
    assert 'digits_motion, Linear probe: MLFO 42.5, Pace (contrast) 30.0' in plot.alt
    assert 'digits_motion, Probe, mid: MLFO 30.0.' in plot.alt
    assert 'Params (M): MLFO 33.20. ' in plot.alt and 'Time (h): MLFO 0.50.' in plot.alt
    assert 'MoCo' not in plot.alt
    # titles of panels, in rows of data sets and costs
    assert plot.files['svg'].count(b'Linear probe') == 2


def test_without_a_number_there_is_no_plot_but_the_table_says_why(records, tmp_path):
    plot = build_comparison(['pace-contrast'], records[-2:], DEMO, METHODS).plot()
    assert plot.files == {} and plot.missing == ('nothing of these methods is measured',)
    for record in records[-2:]:
        write_record(record, tmp_path)
    made, paths = compare(['pace-contrast'], 'demo', tmp_path)
    assert [path.name for path in paths] == [
        f'compare.{kind}' for kind in ('md', 'html', 'csv', 'tex')
    ]
    assert '— failed: out of memory' in made.markdown
    page = paths[1].read_text()
    assert 'nothing of these methods is measured' in page and '<svg' not in page


def test_runs_of_other_protocols_are_not_ranked(records, make_record):
    records.append(make_record(method='moco', variant='v1', protocol=dict(line='5 clips')))
    made = build_comparison(['mlfo', 'moco'], records, DEMO, METHODS)
    assert '**' not in cells(made.page.grids[0], 'MLFO')['Linear probe']
    assert cells(made.page.grids[0], 'MoCo v2 (v1)')['Linear probe'].endswith('[2]')
    assert 'Some rows differ in protocol' in made.plot().caption


@pytest.mark.parametrize(
    ('name', 'message'),
    [
        ('mlof', r"unknown method 'mlof' \(did you mean 'mlfo'\?\): there are byol, "),
        ('mlfo-no_lowr', r"did you mean 'mlfo-no_lower'\?\): there are mlfo-combined_high, "),
        ('cbt-x', r"unknown method 'cbt-x'.*: there are cbt-default$"),
    ],
)
def test_unknown_names(records, name, message):
    with pytest.raises(UserError, match=message):
        build_comparison(['pace', name], records, DEMO, METHODS)


def test_known_names_are_those_of_records_configs_and_ablations(make_record):
    known = known_variants([make_record(variant='prototypes_20')], {'mine'})
    assert {'prototypes_20', 'no_lower', 'default', 'official'} <= set(known['mlfo'])
    assert known['mine'] == [] and known['random'] == ['time_circular', 'time_replicate']
    assert parse_name('mlfo-prototypes_20', known) == ('mlfo', 'prototypes_20')
    assert parse_name('mlfo', known) == ('mlfo', '')


def test_nothing_recorded_is_an_error_with_the_command(records):
    with pytest.raises(
        UserError, match=r'no evaluation of moco, cbt .* --profile demo --methods moco$'
    ):
        build_comparison(['moco', 'cbt'], records, DEMO, METHODS)
    with pytest.raises(UserError, match='the paper is quoted for it'):
        build_comparison(['cbt'], records, DEMO, METHODS)
    second = [build(method='moco', split=2)]  # tables show the first split alone
    with pytest.raises(
        UserError, match=r'no evaluation of moco in the records .* first split; run'
    ):
        build_comparison(['moco'], second, DEMO, METHODS)


def test_same_records_same_bytes(tmp_path, records):
    outputs = []
    for order in (1, 2):
        random.Random(order).shuffle(records)
        for record in records:
            write_record(record, tmp_path / str(order))
        made, paths = compare(['mlfo', 'pace', 'random'], 'demo', tmp_path / str(order))
        folder = tmp_path / str(order) / 'compare' / 'demo'
        assert sorted(paths) == [
            folder / f'compare.{kind}' for kind in ('csv', 'html', 'md', 'pdf', 'png', 'svg', 'tex')
        ]
        assert paths[0].read_text().startswith(made.markdown)
        assert '](compare.svg)\n\nPercent: mean over seeds' in paths[0].read_text()
        outputs.append([path.read_bytes() for path in paths])
    assert outputs[0] == outputs[1]
    _, paths = compare(['mlfo'], 'demo', tmp_path / '1', tmp_path / 'mine')
    assert paths[0] == tmp_path / 'mine' / 'compare.md'


def test_marks_that_turn_a_line_around_are_seen(tmp_path):
    turned = [build(method='a\u202eb', seed=seed) for seed in (0, 1)]
    for record in turned:
        write_record(record, tmp_path)
    _, paths = compare(['all'], 'demo', tmp_path)
    for path in paths:
        if path.suffix in ('.md', '.html', '.tex'):
            text = path.read_text(encoding='utf-8')
            assert '\u202e' not in text and 'u202eb' in text, path
