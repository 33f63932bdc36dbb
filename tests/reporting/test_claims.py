"""The paper's own numbers support every claim that is said to be the paper's."""

from __future__ import annotations

import itertools
import math
from pathlib import Path

import pytest

from mlfo_mm.reporting.claims import CATEGORIES, CLAIMS
from mlfo_mm.reporting.comparisons import quoted_difference
from mlfo_mm.reporting.paper import load_paper
from mlfo_mm.study.methods import method_name
from mlfo_mm.study.names import BACKBONES
from mlfo_mm.study.tasks import TASKS

PAPER = Path(__file__).resolve().parents[2] / 'results' / 'paper'
PAPERS = {f'table{n}': load_paper(PAPER / f'table{n}.csv') for n in (1, 2, 3, 4)}
CLAIMED = [
    (claim, comparison, dataset)
    for claim in CLAIMS
    for comparison in claim.comparisons
    for dataset in comparison.sets
]
# the paper prints no numbers of its sweeps, its neighbours and its order classifier
UNPRINTED = {f'F3.{n}' for n in range(1, 6)} | {'F4.1', 'F4.2', 'F5.1', 'F5.2'}


def quoted(item):
    claim, comparison, dataset = item
    return quoted_difference(claim, comparison, dataset, PAPERS)


def test_every_claim_holds_for_the_papers_numbers():
    for item in CLAIMED:
        claim, comparison, _ = item
        difference = quoted(item)
        if claim.name in UNPRINTED:
            assert difference is None
        elif comparison.margin is not None:
            assert abs(difference) < comparison.margin, item
        else:
            assert difference > comparison.by, item


def test_every_claim_has_its_sentence_and_place():
    """One is by the numbers of table 1 alone: the text says it of retrieval."""
    silent = [claim.name for claim in CLAIMS if not claim.sentence]
    assert silent == ['1.6']
    for claim in CLAIMS:
        kind, number = claim.table[:-1], claim.table[-1]
        assert claim.place.endswith(f'{kind} {number}')
        assert claim.place.startswith('section 4.') or not claim.sentence
    first = next(claim for claim in CLAIMS if claim.name == '2.2')
    assert first.source == '2.2 (section 4.4, table 2): "Using E_ins improves the results"'


def test_conventional_augmentation_helps_slowfast_and_hurts_the_others():
    order = {
        (pair.better.backbone, pair.better.variant, pair.worse.variant)
        for claim in CLAIMS
        for pair in claim.comparisons
        if claim.table == 'table3'
    }
    assert order == {
        ('slowfast', 'ctm', 'default'),
        ('slowfast', 'default', 'no_temporal'),
        ('r3d18', 'default', 'no_temporal'),
        ('r3d18', 'no_temporal', 'ctm'),
        ('s3d', 'default', 'no_temporal'),
        ('s3d', 'no_temporal', 'ctm'),
    }


def test_the_reasons_of_table2():
    """One-hot below none, semantic far below, instance above, high level alone in between."""
    order = {
        (pair.better.variant, pair.worse.variant, pair.by)
        for claim in CLAIMS
        for pair in claim.comparisons
        if claim.table == 'table2'
    }
    assert order == {
        ('no_lower', 'one_hot', 0),
        ('instance', 'no_lower', 0),
        ('no_lower', 'semantic', 2),
        ('one_hot', 'semantic', 0),
        ('default', 'instance', 0),
        ('default', 'no_lower', 2),
        ('default', 'combined_high', 0),
        ('combined_high', 'no_lower', 0),
    }


def test_what_figure3_claims_of_e_and_k():
    found = {
        claim.name: [
            (pair.better.variant, pair.worse.variant, pair.span, pair.margin)
            for pair in claim.comparisons
        ]
        for claim in CLAIMS
        if claim.table == 'figure3'
    }
    every = (0, math.inf)
    assert found == {
        'F3.1': [('default', 'prototypes_*', (0, 0.5), None)],
        'F3.2': [('default', 'prototypes_*', (1, math.inf), 2)],
        'F3.3': [('default', 'first_stage_0', every, None)],
        'F3.4': [('default', 'first_stage_*', (21, 100), None)],
        'F3.5': [
            ('first_stage_10', 'first_stage_0', every, None),
            ('first_stage_10', 'first_stage_*', (21, 100), None),
            ('default', 'first_stage_*', (10, 20), 2),
        ],
    }
    assert dict(CATEGORIES) == dict(kinetics400=400, ucf101=101)


def test_the_gaps_are_those_of_the_paper():
    found = {
        (claim.name, comparison.worse.variant, dataset): quoted((claim, comparison, dataset))
        for claim, comparison, dataset in CLAIMED
        if claim.table in ('table2', 'table3')
    }
    assert found['2.4', 'instance', 'ucf101'] == pytest.approx(63.2 - 59.4)
    assert found['2.3', 'semantic', 'hmdb51'] == pytest.approx(28.5 - 26.3)
    assert found['2.5', 'combined_high', 'hmdb51'] == pytest.approx(33.4 - 32.3)
    assert found['3.1', 'default', 'ucf101'] == pytest.approx(65.4 - 63.9)
    assert found['3.2', 'ctm', 'ucf101'] == pytest.approx(55.9 - 43.2)


@pytest.mark.parametrize('task', ['linear_probe', 'finetune'])
def test_no_comparison_of_table1_is_left_out(task):
    """MLFO on R3D-18 against each method of its own pretraining set: claimed where it leads."""
    rows = [row for row in PAPERS['table1'] if task in row.tasks]
    others = [row for row in rows if row.method != 'mlfo']
    leads = set()
    for row, dataset in itertools.product(others, ('ucf101', 'hmdb51')):
        pretrain = 'ucf101' if row.pretrain == 'ucf101' else 'kinetics400'
        ours = next(
            r for r in rows if (r.method, r.backbone, r.pretrain) == ('mlfo', 'r3d18', pretrain)
        )
        cell = (task, dataset, 'top1')
        if ours.values[cell] > row.values[cell]:
            leads.add((row.method, dataset))
    claimed = {
        (comparison.worse.method, dataset)
        for claim, comparison, dataset in CLAIMED
        if claim.table == 'table1' and claim.task == task and comparison.worse.method != 'mlfo'
        if comparison.margin is None
    }
    assert claimed == leads - ({('sts', 'hmdb51')} if task == 'finetune' else set())  # comparable


def test_the_chains_hold_the_whole_ablation_tables():
    for table in ('table2', 'table3'):
        compared = {
            (row.variant, row.backbone)
            for claim, comparison, _ in CLAIMED
            for row in (comparison.better, comparison.worse)
            if claim.table == table
        }
        assert compared == {(row.variant, row.backbone) for row in PAPERS[table]}


def test_retrieval_is_claimed_for_every_comparator():
    compared = {
        comparison.worse.method for claim, comparison, _ in CLAIMED if claim.table == 'table4'
    }
    assert compared == {row.method for row in PAPERS['table4']}


def test_names_and_keys():
    names = [claim.name for claim in CLAIMS]
    assert len(set(names)) == len(names)
    for claim, comparison, _ in CLAIMED:
        assert claim.task in TASKS
        for row in (comparison.better, comparison.worse):
            assert method_name(row.method) != row.method and row.backbone in BACKBONES
        assert comparison.better.method == 'mlfo'
        metrics = {metric.key for metric in TASKS[claim.task].metrics}
        assert claim.metric in metrics and comparison.against in {'', 'chance'} | metrics


def test_a_run_quoted_twice_has_one_value():
    """Rows of several tables that are the same run, and what one table implies for another."""
    seen = {}
    for name, rows in PAPERS.items():
        for row in rows:
            for cell, value in row.values.items():
                identity = (row.method, row.variant, row.backbone, row.pretrain, *cell)
                assert seen.setdefault(identity, value) == value, (name, identity)
    shared = [
        row for row in PAPERS['table1'] if row.method == 'mlfo' and row.tasks == ('linear_probe',)
    ]
    assert (
        len(shared) == 2
        and len(seen) == sum(len(row.values) for rows in PAPERS.values() for row in rows) - 3 * 2
    )  # R3D-18 on two sets, again in tables 2 and 3, and S3D in table 3


def test_gains_over_both_sets():
    """What multi-level optimization and temporal modelling gain, on average over the two sets."""

    def mean(table, variant):
        (row,) = [r for r in PAPERS[table] if (r.variant, r.backbone) == (variant, 'r3d18')]
        return sum(row.values.values()) / 2

    assert mean('table2', 'default') == mean('table3', 'default') == pytest.approx(48.3)
    assert mean('table2', 'default') - mean('table2', 'no_lower') == pytest.approx(4.85)
    assert mean('table3', 'default') - mean('table3', 'no_temporal') == pytest.approx(6.3)
    assert mean('table3', 'no_temporal') - mean('table3', 'ctm') == pytest.approx(9.85)
