"""Numbers of command lines: within bounds, or one line."""

from __future__ import annotations

import argparse

import pytest

from mlfo_mm.arguments import LARGEST_SEED, count, natural, seed


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
