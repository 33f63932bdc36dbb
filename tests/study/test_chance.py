"""What a test set tells from chance, and when it is small."""

from __future__ import annotations

import pytest
from scipy.stats import binomtest

from mlfo_mm.study.chance import is_small, least_told, standard_error


@pytest.mark.parametrize(('chance', 'videos'), [(12.5, 16), (12.5, 160), (50, 96), (1, 20)])
def test_the_least_told_is_where_the_test_begins_to_tell(chance, videos):
    hits = round(least_told(chance, videos) * videos / 100)

    def p(count):
        return binomtest(count, videos, chance / 100, alternative='greater').pvalue

    assert p(hits) < 0.05 <= p(hits - 1)


def test_nothing_is_told():
    assert least_told(12.5, 0) is None and least_told(100, 50) is None
    assert least_told(93, 20) is None  # all of 20 right: one in four guesses


@pytest.mark.parametrize(
    ('chance', 'videos', 'small'),
    [
        (12.5, 16, True),  # tells 31.2
        (12.5, 40, True),  # 25.0
        (12.5, 60, False),  # 21.7
        (12.5, 480, False),
        (50, 64, True),  # 62.5
        (50, 96, False),  # 59.4
        (100 / 101, 3783, False),
        (1, 3, True),  # one hit is enough, and is 33 %
        (93, 20, True),
        (100, 1000, True),
    ],
)
def test_small_is_what_tells_only_what_is_far_above_chance(chance, videos, small):
    assert is_small(chance, videos) is small


def test_standard_error_is_the_binomial_one():
    assert standard_error(50.0, 100) == 5.0
    assert standard_error(0.0, 10) == standard_error(100.0, 10) == 0.0
