"""Verdicts: what is paired, what is tested, what Holm's correction leaves."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from mlfo_mm.reporting.claims import CLAIMS
from mlfo_mm.reporting.paired import holm, one_sided, spread_of, two_sided
from mlfo_mm.reporting.verdicts import judge, overall
from mlfo_mm.study.outcomes import by_video
from mlfo_mm.study.profiles import PROFILES

DEMO, MINI, PAPER = (PROFILES[name] for name in ('demo', 'mini', 'paper'))
SET = 'digits_motion'


def runs(make_record, variants, **changes):
    """Return records of {variant: top-1 by seed}."""
    return [
        make_record(**(dict(variant=variant, seed=seed, metrics=dict(top1=value)) | changes))
        for variant, values in variants.items()
        for seed, value in enumerate(values)
    ]


def pick(verdicts, claim, better, worse, dataset=SET):
    (found,) = [
        v
        for v in verdicts
        if (v.claim.name, v.comparison.better.variant, v.comparison.worse.variant, v.dataset)
        == (claim, better, worse, dataset)
    ]
    return found


def test_a_difference_is_paired_over_seeds(make_record):
    first, second = [60.0, 62.0, 66.0], [58.0, 59.5, 65.0]
    records = runs(make_record, dict(default=first, combined_high=second))
    verdict = pick(judge(records, DEMO), '2.5', 'default', 'combined_high')
    test = stats.ttest_rel(first, second)
    interval = test.confidence_interval(0.95)
    assert verdict.difference == pytest.approx(np.mean(first) - np.mean(second))
    assert verdict.p == pytest.approx(test.pvalue, rel=1e-9)
    assert verdict.p_holm == verdict.p and verdict.favours  # the only one tested of its table
    ends = (verdict.difference - verdict.half_width, verdict.difference + verdict.half_width)
    assert ends == pytest.approx((interval.low, interval.high))
    assert (verdict.seeds, verdict.status) == ((0, 1, 2), 'inconclusive')
    assert verdict.means == pytest.approx((np.mean(first), np.mean(second)))


def test_only_common_seeds_count(make_record):
    records = runs(make_record, dict(default=[60.0, 62.0], combined_high=[50.0, 55.0, 10.0]))
    records += [make_record(seed=7, metrics=dict(top1=99.0))]
    verdict = pick(judge(records, DEMO), '2.5', 'default', 'combined_high')
    assert verdict.seeds == (0, 1) and verdict.difference == pytest.approx(8.5)
    alone = runs(make_record, dict(default=[60.0]))
    alone += [make_record(variant='combined_high', seed=3)]
    verdict = pick(judge(alone, DEMO), '2.5', 'default', 'combined_high')
    assert (verdict.status, verdict.reason) == ('inconclusive', 'no seed in common')


def test_clips_are_paired_where_records_have_them(make_record):
    random = np.random.default_rng(0)
    hits = {
        name: random.random((3, 160)) < share
        for name, share in dict(default=0.6, combined_high=0.4).items()
    }
    values = {name: [100 * float(row.mean()) for row in rows] for name, rows in hits.items()}
    records = runs(make_record, values)
    known = [
        replace(record, outcomes=dict(top1=by_video(hits[record.variant][record.seed])))
        for record in records
    ]
    verdict = pick(judge(known, DEMO), '2.5', 'default', 'combined_high')
    differences = 100.0 * (hits['default'].astype(float) - hits['combined_high'])
    spread = spread_of(differences)
    p, _ = two_sided(
        float(differences.mean()), spread.error(3, 160), spread.freedom(3, 160), 0.0, None
    )
    assert (verdict.p, verdict.clips, verdict.status) == (pytest.approx(p), 160, 'reproduced')
    alone = pick(judge(records, DEMO), '2.5', 'default', 'combined_high')
    assert (alone.p, alone.clips) == (alone.p_seeds, 0) and verdict.p_seeds == alone.p_seeds
    # one record without them: seeds alone
    mixed = pick(judge([*known[:-1], records[-1]], DEMO), '2.5', 'default', 'combined_high')
    assert (mixed.p, mixed.clips) == (alone.p, 0)


@pytest.mark.parametrize(('sign', 'status'), [(1, 'reproduced'), (-1, 'contradicted')])
def test_significance_either_way(make_record, sign, status):
    ours, theirs = [60.0, 62.0, 64.0], [50.1, 51.9, 54.0]
    pair = [ours, theirs][::sign]
    records = runs(make_record, dict(default=pair[0], combined_high=pair[1]))
    verdict = pick(judge(records, DEMO), '2.5', 'default', 'combined_high')
    assert verdict.status == status and verdict.p_holm < 0.05


def test_one_seed_is_never_a_verdict(make_record):
    records = runs(make_record, dict(default=[90.0], combined_high=[10.0]))
    verdict = pick(judge(records, DEMO), '2.5', 'default', 'combined_high')
    assert (verdict.status, verdict.p, verdict.half_width) == ('inconclusive', None, None)
    assert verdict.difference == 80.0 and 'one seed' in verdict.reason


def test_equal_differences_are_not_certainty(make_record):
    # 160 clips: a step is 0.625 points, the least spread 0.625 / sqrt(6)
    records = runs(make_record, dict(default=[50.0, 52.5], combined_high=[49.375, 51.875]))
    verdict = pick(judge(records, DEMO), '2.5', 'default', 'combined_high')
    assert verdict.status == 'inconclusive'
    t = 0.625 / (0.625 / np.sqrt(6) / np.sqrt(2))
    assert verdict.p == pytest.approx(2 * stats.t.sf(t, 1))


def test_holm_is_within_a_table(make_record):
    base = np.array([50.0, 51.0, 52.0, 53.0])
    noise = np.array([0.2, -0.3, 0.1, 0.0])
    table2 = dict(
        default=base + 8, instance=base + 6 + noise, no_lower=base + 4, one_hot=base + 2 - noise
    )
    alone = judge(runs(make_record, dict(default=base + 8, instance=base + 6 + noise)), DEMO)
    both = judge(runs(make_record, table2 | dict(ctm=base)), DEMO)
    single = pick(alone, '2.4', 'default', 'instance')
    several = pick(both, '2.4', 'default', 'instance')
    assert several.p == pytest.approx(single.p) and several.p_holm > single.p_holm
    raw = [v.p for v in both if v.claim.table == 'table2' and v.p is not None]
    assert len(raw) == 4
    adjusted = [v.p_holm for v in both if v.claim.table == 'table2' and v.p is not None]
    assert adjusted == pytest.approx(holm(raw))
    assert all(v.p is None for v in both if v.claim.table == 'table3')  # w/o was not run


@pytest.mark.parametrize(
    ('values', 'adjusted'),
    [
        ([], []),
        ([0.2], [0.2]),
        # the textbook example: 4 x 0.005, 3 x 0.01, then never smaller than before
        ([0.01, 0.04, 0.03, 0.005], [0.03, 0.06, 0.06, 0.02]),
        ([0.6, 0.9], [1.0, 1.0]),
    ],
)
def test_holm(values, adjusted):
    assert holm(values) == pytest.approx(adjusted)


def test_one_sided_similarity():
    # two one-sided t-tests: the worse one counts
    mean, error, freedom, margin = 0.5, 0.4, 2, 2.0
    p_false, p_true = one_sided(mean, error, freedom, margin)
    tests = (
        stats.t.sf((mean + margin) / error, freedom),
        stats.t.cdf((mean - margin) / error, freedom),
    )
    assert p_false == pytest.approx(max(tests))
    assert p_true == pytest.approx(1 - p_false)
    assert one_sided(-mean, error, freedom, margin) == (p_false, p_true)


@pytest.mark.parametrize(('gap', 'status'), [(1.0, 'contradicted'), (3.0, 'reproduced')])
def test_far_is_more_than_the_stated_points(make_record, gap, status):
    base = np.arange(50.0, 56.0)
    noise = np.array([0.1, -0.1, 0.05, -0.05, 0.1, -0.1])
    records = runs(make_record, dict(no_lower=base, semantic=base - gap + noise))
    verdict = pick(judge(records, DEMO), '2.3', 'no_lower', 'semantic')
    assert verdict.status == status and verdict.difference == pytest.approx(gap)


def test_what_lacks_is_named(make_record):
    records = runs(make_record, dict(default=[50.0, 51.0]))
    records += [
        make_record(variant='combined_high', status='failed', metrics={}, reason='killed\nhere'),
        make_record(variant='instance', metrics=dict(top5=60.0)),
    ]
    verdicts = judge(records, DEMO, methods={'mlfo'})
    reasons = {
        ('2.5', 'combined_high'): 'failed: MLFO: combined, high level only: killed here',
        ('2.4', 'instance'): f'no top1: MLFO: instance graph on {SET}',
        ('1.1', ''): 'method not implemented yet: CBT',
        ('3.2', 'no_temporal'): 'no runs: MLFO: w/o on R3D-18',
    }
    for (claim, worse), reason in reasons.items():
        verdict = next(
            v for v in verdicts if (v.claim.name, v.comparison.worse.variant) == (claim, worse)
        )
        assert (verdict.status, verdict.reason, verdict.difference) == ('not run', reason, None)
    assert next(v for v in judge(records, DEMO) if v.claim.name == '1.1').reason.startswith(
        'no runs'
    )


def test_protocols_are_not_compared(make_record):
    records = runs(make_record, dict(default=[60.0, 62.0]))
    records += runs(make_record, dict(combined_high=[1.0, 2.0]), protocol=dict(line='other'))
    verdict = pick(judge(records, DEMO), '2.5', 'default', 'combined_high')
    assert (verdict.status, verdict.difference) == ('inconclusive', None)
    assert 'protocols' in verdict.reason


def test_pretraining_sets(make_record):
    def tuned(profile, pretrain, dataset, value):
        return [
            make_record(
                profile=profile,
                task='finetune',
                pretrain_dataset=pretrain,
                dataset=dataset,
                seed=seed,
                metrics=dict(top1=value + seed),
            )
            for seed in (0, 1, 2)
        ]

    # a small profile pretrains on one set: what compares two cannot be said there
    small = tuned('mini', 'utdplain27', 'utdplain27', 50.0)
    (verdict, *_) = [v for v in judge(small, MINI) if v.claim.name == '1.6']
    assert (verdict.status, verdict.reason) == ('not run', 'needs runs on both pretraining sets')
    large = tuned('default', 'kinetics400', 'ucf101', 79.0) + tuned(
        'default', 'ucf101', 'ucf101', 76.0
    )
    (verdict, *_) = [v for v in judge(large, PAPER) if v.claim.name == '1.6']
    assert verdict.status == 'reproduced' and verdict.difference == pytest.approx(3.0)
    # the usual set of the profile stands for MLFO if there are several
    more = small + tuned('mini', 'arid6', 'utdplain27', 10.0)
    assert {v.better.pretrain for v in judge(more, MINI) if v.claim.name == '1.3'} == {'ucf101'}
    sts = [
        make_record(
            profile='mini',
            method='sts',
            variant='',
            task='finetune',
            pretrain_dataset='utdplain27',
            dataset='msrplain20',
        )
    ]
    ours = tuned('mini', 'utdplain27', 'msrplain20', 50.0)
    other = tuned('mini', 'arid6', 'msrplain20', 10.0)
    (verdict,) = [
        v
        for v in judge(sts + ours + other, MINI)
        if (v.claim.name, v.dataset) == ('1.4', 'msrplain20')
    ]
    assert (verdict.role, verdict.better.pretrain) == ('hmdb51', 'utdplain27')
    assert verdict.difference == 0.0


def test_every_claim_has_a_verdict_on_its_sets():
    verdicts = judge([], PAPER)
    assert {v.status for v in verdicts} == {'not run'}
    assert {v.claim.name for v in verdicts} == {claim.name for claim in CLAIMS}
    assert {v.dataset for v in verdicts} == {'ucf101', 'hmdb51'}
    for claim in CLAIMS:
        wanted = sum(len(comparison.sets) for comparison in claim.comparisons)
        assert sum(v.claim is claim for v in verdicts) == wanted


def test_order_of_records_does_not_matter(make_record):
    records = runs(
        make_record, dict(default=[60.0, 62.0], combined_high=[50.0, 55.0], prototypes_4=[1.0, 2.0])
    )
    assert judge(records, DEMO) == judge(records[::-1], DEMO)


@pytest.mark.parametrize(
    ('statuses', 'expected'),
    [
        (['reproduced', 'reproduced'], 'reproduced'),
        (['reproduced', 'not run'], 'inconclusive'),
        (['reproduced', 'contradicted', 'not run'], 'contradicted'),
        (['not run', 'not run'], 'not run'),
        (['inconclusive'], 'inconclusive'),
    ],
)
def test_overall(statuses, expected):
    verdict = judge([], DEMO)[0]
    assert overall([replace(verdict, status=s) for s in statuses]) == expected
