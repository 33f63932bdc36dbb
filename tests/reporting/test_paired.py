"""Comparisons over seeds and clips: variances, standard errors, power."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from mlfo_mm.reporting.paired import Spread, least_difference, spread_of, stacked, two_sided


def drawn(random, spread, seeds, clips, mean=0.0):
    """Differences (S, C) of the model with crossed random effects."""
    by_seed = random.normal(0, spread.seeds**0.5, (seeds, 1))
    by_clip = random.normal(0, spread.clips**0.5, (1, clips))
    return mean + by_seed + by_clip + random.normal(0, spread.rest**0.5, (seeds, clips))


def test_variances_of_a_hand_made_table():
    # seed effects -1 and 1, clip effects -2, 0 and 2, nothing else
    differences = np.array([[-1.0], [1.0]]) + np.array([[-2.0, 0.0, 2.0]]) + 5
    found = spread_of(differences)
    assert (found.seeds, found.clips, found.rest) == pytest.approx((2.0, 4.0, 0.0))
    # the mean over 2 seeds and 3 clips
    assert found.error(2, 3) == pytest.approx((2.0 / 2 + 4.0 / 3) ** 0.5)


def test_variances_are_recovered():
    told = Spread(4.0, 100.0, 900.0)
    random = np.random.default_rng(0)
    found = [spread_of(drawn(random, told, 5, 200)) for _ in range(200)]
    for name in ('clips', 'rest'):
        mean = np.mean([getattr(each, name) for each in found])
        assert mean == pytest.approx(getattr(told, name), rel=0.1), name
    seeds = np.mean([each.seeds for each in found])
    assert 2.5 < seeds < 7.0  # negative estimates count as 0, so that it is a little too high


def test_without_an_effect_of_clips_it_is_the_t_test_over_seeds():
    differences = np.array([[1.0], [2.5], [4.0]]) + np.zeros((3, 50))
    found = spread_of(differences)
    test = stats.ttest_1samp(differences.mean(1), 0.0)
    p, favours = two_sided(2.5, found.error(3, 50), found.freedom(3, 50), 0.0, None)
    assert p == pytest.approx(test.pvalue) and favours
    assert found.freedom(3, 50) == pytest.approx(2)


def test_without_an_effect_of_seeds_the_clips_give_the_freedom():
    found = Spread(0.0, 400.0, 0.0)
    assert found.freedom(5, 300) == pytest.approx(299)
    assert found.error(5, 300) == pytest.approx((400 / 300) ** 0.5)
    assert Spread(0.0, 0.0, 0.0).freedom(5, 300) == 4


def test_the_error_is_near_that_of_a_bootstrap_over_both():
    differences = drawn(np.random.default_rng(1), Spread(9.0, 400.0, 400.0), 12, 120)
    seeds, clips = np.arange(12), np.arange(120)

    def mean(*chosen):
        return differences[np.ix_(*(each.astype(int) for each in chosen))].mean()

    drawn_again = stats.bootstrap(
        (seeds, clips), mean, n_resamples=600, vectorized=False, method='basic', rng=0
    )
    assert spread_of(differences).error(12, 120) == pytest.approx(
        drawn_again.standard_error, rel=0.2
    )


def test_false_alarms_and_power_are_as_stated():
    spread, seeds, clips = Spread(1.0, 150.0, 900.0), 5, 100
    least = least_difference(spread, seeds, clips)
    random, found = np.random.default_rng(2), {0.0: 0, least: 0}
    for mean in found:
        for _ in range(500):
            table = drawn(random, spread, seeds, clips, mean)
            own = spread_of(table)
            test = (float(table.mean()), own.error(seeds, clips), own.freedom(seeds, clips))
            found[mean] += two_sided(*test, 0.0, None)[0] < 0.05
    assert 0.01 < found[0.0] / 500 < 0.08
    assert 0.73 < found[least] / 500 < 0.9


def test_least_difference_of_one_source_is_the_textbook_s():
    # a paired t-test of 5 pairs, deviation 2: power of the noncentral t distribution
    least = least_difference(Spread(4.0, 0.0, 0.0), 5, 100)
    critical = stats.t.isf(0.025, 4)
    assert stats.nct.sf(critical, 4, least / (2 / 5**0.5)) == pytest.approx(0.8, abs=1e-6)


@pytest.mark.parametrize(
    'change', [dict(seeds=10), dict(clips=800), dict(level=0.2), dict(power=0.5)]
)
def test_more_data_or_less_certainty_tell_smaller_differences(change):
    plan = dict(seeds=5, clips=200, level=0.05, power=0.8)
    spread = Spread(1.0, 150.0, 900.0)
    assert least_difference(spread, **(plan | change)) < least_difference(spread, **plan)


def test_what_cannot_be_paired():
    values = np.array([100.0, 0.0, 100.0])
    assert stacked([(values, values), (values, None)]) is None
    assert stacked([(values, values[:2])]) is None
    assert stacked([(values[:1], values[:1])]) is None
    np.testing.assert_array_equal(stacked([(values, 0 * values)] * 2), [values, values])
