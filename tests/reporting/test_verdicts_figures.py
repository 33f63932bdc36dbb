"""Verdicts on figures 3 to 5: values of a sweep, another metric of the same run, chance."""

from __future__ import annotations

import pytest

from mlfo_mm.reporting.verdicts import judge
from mlfo_mm.study.profiles import PROFILES
from tests.reporting.test_verdicts import SET, runs

DEMO, PAPER = PROFILES['demo'], PROFILES['paper']


def test_sweeps_compare_the_default_with_what_was_run(make_record):
    base = [50.0, 51.0, 52.0, 53.0, 54.0]
    near = [value + 0.1 * (-1) ** seed for seed, value in enumerate(base)]
    far = [value - 20 + 0.1 * (-1) ** seed for seed, value in enumerate(base)]
    found = dict(
        default=base,
        prototypes_27=near,
        prototypes_400=near,
        prototypes_4=far,
        prototypes_6=far,
        first_stage_0=far,
        first_stage_10=[value - 40 + 0.1 * (-1) ** seed for seed, value in enumerate(base)],
        first_stage_50=far,
    )
    verdicts = judge(runs(make_record, found), DEMO)
    swept = [v for v in verdicts if v.claim.table == 'figure3' and v.dataset == SET]
    assert [(v.claim.name, v.worse.variant, v.status) for v in swept] == [
        ('F3.1', 'prototypes_4', 'reproduced'),  # of 8 classes; 6 is neither few nor enough
        ('F3.2', 'prototypes_27', 'reproduced'),
        ('F3.2', 'prototypes_400', 'reproduced'),
        ('F3.3', 'first_stage_0', 'reproduced'),
        ('F3.4', 'first_stage_50', 'reproduced'),
        ('F3.5', 'first_stage_0', 'contradicted'),
        ('F3.5', 'first_stage_50', 'contradicted'),
        ('F3.5', 'first_stage_10', 'contradicted'),
    ]


def test_few_prototypes_are_fewer_than_the_pretraining_set_has_classes(make_record):
    def found(**changes):
        variants = {f'prototypes_{n}': [50.0, 51.0] for n in (20, 100, 250, 500)}
        verdicts = judge(runs(make_record, dict(default=[50.0, 51.0]) | variants, **changes), PAPER)
        return [
            (v.claim.name, v.worse.variant)
            for v in verdicts
            if v.claim.name in ('F3.1', 'F3.2') and v.seeds
        ]

    # 400 classes, whatever the test set has
    paper = dict(profile='paper', pretrain_dataset='kinetics400', dataset='hmdb51')
    assert found(**paper) == [
        ('F3.1', 'prototypes_20'),
        ('F3.1', 'prototypes_100'),
        ('F3.2', 'prototypes_500'),
    ]


def test_against_chance_and_another_metric(make_record):
    hits = [(40.0, 30.0), (41.0, 32.5), (42.0, 31.0)]
    records = [
        make_record(
            task='neighbours', seed=seed, metrics=dict(hits_instance=one, hits_semantic=two)
        )
        for seed, (one, two) in enumerate(hits)
    ]
    records += [
        make_record(
            task='order',
            variant=variant,
            seed=seed,
            metrics=dict(accuracy=value + seed),
            protocol=dict(line='order', num_classes=2),
        )
        for variant, value in (('default', 80.0), ('ctm', 52.0))
        for seed in range(3)
    ]
    found = {
        (v.claim.name, v.comparison.against): (v.status, v.difference)
        for v in judge(records, DEMO)
        if v.seeds
    }
    assert {key: (status, pytest.approx(gap)) for key, (status, gap) in found.items()} == {
        ('F4.1', 'chance'): ('reproduced', 41.0 - 12.5),
        ('F4.2', 'chance'): ('reproduced', (30.0 + 32.5 + 31.0) / 3 - 12.5),
        ('F4.2', 'hits_instance'): ('contradicted', (30.0 + 32.5 + 31.0) / 3 - 41.0),
        ('F5.1', 'chance'): ('reproduced', 81.0 - 50),
        ('F5.2', ''): ('reproduced', 28.0),
    }
    (unknown,) = [
        v
        for v in judge(
            [make_record(task='order', metrics=dict(accuracy=80.0), protocol=dict(line='order'))],
            DEMO,
        )
        if v.claim.name == 'F5.1'
    ]
    assert (unknown.status, unknown.reason) == ('not run', f'no chance: MLFO: chance on {SET}')
