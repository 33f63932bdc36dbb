"""The page of claims: sections by profile, verdicts, what was not run and why."""

from __future__ import annotations

import csv

import pytest

from mlfo_mm.reporting.claims import CLAIMS
from mlfo_mm.reporting.claims_page import FIELDS, write_claims


@pytest.fixture
def page(make_record, tmp_path):
    values = dict(default=(60.0, 62.0, 64.1), combined_high=(50.0, 52.1, 54.0), no_lower=(50.0,))
    records = [
        make_record(
            profile=profile, dataset=dataset, variant=variant, seed=seed, metrics=dict(top1=v)
        )
        for profile, dataset in (('mini', 'msrplain20'), ('demo', 'digits_motion'))
        for variant, seeds in values.items()
        for seed, v in enumerate(seeds)
    ]
    markdown, text = write_claims(records, tmp_path, methods={'mlfo'})
    return markdown.read_text(), list(csv.DictReader(text.read_text().splitlines()))


def row(section, *starts):
    cells = [[c.strip() for c in line.split('|')[1:-1]] for line in section.splitlines()]
    return next(c for c in cells if c[: len(starts)] == list(starts))


def test_sections_of_profiles_with_records(page):
    text, lines = page
    assert [line for line in text.splitlines() if line.startswith('## ')] == [
        '## Profile demo',
        '## Profile mini',
        '## What the paper says',
    ]
    assert list(dict.fromkeys(line['profile'] for line in lines)) == ['demo', 'mini']


def test_verdicts(page):
    section = page[0].split('## Profile mini')[1]
    assert 'utdplain27 (as UCF101)' in section and 'msrplain20 (as HMDB51)' in section
    assert row(section, '2.5')[2] == 'section 4.4, table 2'
    assert row(section, '2.5')[3:] == ['**not run**', '**inconclusive**']
    claimed = 'MLFO: combined graph > MLFO: combined, high level only'
    difference, n, p, alone, verdict, paper = row(section, '2.5', 'msrplain20', claimed)[3:]
    assert (n, verdict, paper) == ('3', 'reproduced', '+1.1')
    assert difference.startswith('+10.0 ± ') and float(alone) <= float(p) < 0.05
    other = row(section, '2.5', 'msrplain20', 'MLFO: combined, high level only > MLFO: w/o graph')
    assert other[3:] == [
        '+0.0',
        '1',
        '—',
        '—',
        'inconclusive: one seed in common: no interval',
        '+3.5',
    ]
    assert 'Not run, method not implemented yet: CBT (1.1, 1.2, 1.5); CCL (1.1, 1.2);' in section
    assert 'Not run, needs runs on both pretraining sets: (1.6)' not in section  # not even one


def test_every_claim_has_its_sentence(page):
    said = page[0].split('## What the paper says')[1]
    assert said.count('\n- ') == len(CLAIMS)
    assert '- 2.2 (section 4.4, table 2): "Using E_ins improves the results"' in said
    assert '- 1.6 (table 1): by its numbers alone' in said
    assert all(line['place'] for line in page[1])
    silent = {line['claim'] for line in page[1] if not line['sentence']}
    assert silent == {'1.6', 'P.1', 'P.2'}


def test_another_metric_and_chance_are_named(make_record, tmp_path):
    hits = dict(hits_instance=40.0, hits_semantic=30.0)
    records = [make_record(task='neighbours', metrics=hits)]
    markdown, text = write_claims(records, tmp_path)
    found = row(markdown.read_text(), 'F4.2', 'digits_motion', 'MLFO: semantic-wise > MLFO: chance')
    assert found[3] == '+17.5'
    lines = [x for x in csv.DictReader(text.read_text().splitlines()) if x['claim'] == 'F4.2']
    assert [(x['against'], float(x['difference'])) for x in lines] == [
        ('chance', 17.5),
        ('hits_instance', -10.0),
    ]


def test_csv(page):
    _, lines = page
    assert all(tuple(line) == FIELDS for line in lines)
    line = next(
        x
        for x in lines
        if (x['profile'], x['claim'], x['dataset'], x['status'])
        == ('mini', '2.5', 'msrplain20', 'reproduced')
    )
    assert line['better'] == 'mlfo default r3d18 digits_motion'
    assert [line[k] for k in ('role', 'n', 'seeds', 'margin')] == ['hmdb51', '3', '[0, 1, 2]', '']
    numbers = {k: float(line[k]) for k in FIELDS[FIELDS.index('mean_better') :]}
    assert numbers['mean_better'] - numbers['mean_worse'] == pytest.approx(numbers['difference'])
    assert numbers['ci_low'] < numbers['difference'] < numbers['ci_high']
    assert numbers['p'] == numbers['p_holm'] < 0.05
    assert numbers['paper_difference'] == pytest.approx(1.1)
    missing = next(x for x in lines if x['claim'] == '1.1')
    assert missing['status'] == 'not run' and missing['difference'] == ''
    assert missing['reason'] == 'method not implemented yet: CBT'


def test_tables_have_even_rows(page):
    for block in page[0].split('\n\n'):
        if block.startswith('|'):
            assert len({line.count('|') for line in block.splitlines()}) == 1


def test_without_records(tmp_path):
    markdown, text = write_claims([], tmp_path)
    assert 'No records yet' in markdown.read_text()
    assert text.read_text() == ','.join(FIELDS) + '\n'


def test_pretraining_sets_that_differ_are_named(make_record, tmp_path):
    records = [
        make_record(
            profile='paper',
            task='finetune',
            pretrain_dataset=pretrain,
            dataset='ucf101',
            backbone=backbone,
            metrics=dict(top1=value),
        )
        for pretrain, value in (('kinetics400', 79.0), ('ucf101', 76.0))
        for backbone in ('r3d18', 's3d')
    ]
    text = write_claims(records, tmp_path)[0].read_text()
    assert row(text, '1.6', 'UCF101', 'MLFO, Kinetics-400 > MLFO, UCF101')[3] == '+3.0'
    assert row(text, '1.6', 'UCF101', 'MLFO (S3D), Kinetics-400 > MLFO (S3D), UCF101')[3] == '+3.0'
