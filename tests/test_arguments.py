"""Numbers of command lines: within bounds, or one line."""

from __future__ import annotations

import argparse

import pytest

from mlfo_mm.arguments import LARGEST_SEED, count, duration, natural, seed


def test_numbers_within_bounds():
    assert (count('1'), natural('0'), seed('0'), seed(str(LARGEST_SEED))) == (1, 0, 0, 2**31 - 1)


@pytest.mark.parametrize(
    ('kind', 'text'),
    [
        (seed, '-1'),
        (seed, '99999999999999999999'),
        (seed, str(2**31)),
        (seed, '9' * 5000),  # more digits than Python reads
        (count, '0'),
        (natural, '-1'),
        (natural, '1.5'),
        (natural, 'nan'),
        (count, '\x1b[2J'),
        (count, ''),
    ],
)
def test_others_are_refused_in_one_line(kind, text):
    with pytest.raises(argparse.ArgumentTypeError, match='no whole number from') as error:
        kind(text)
    assert len(str(error.value)) < 150 and str(error.value).isprintable()


def test_times():
    assert [duration(text) for text in ('90s', '12m', '1.5h')] == [90, 720, 5400]


@pytest.mark.parametrize('text', ['12', 'm', '0m', '-1h', '1e3s', 'nanh', '9' * 40 + 's'])
def test_what_is_no_time(text):
    with pytest.raises(argparse.ArgumentTypeError, match='no time such as 90s, 12m'):
        duration(text)
