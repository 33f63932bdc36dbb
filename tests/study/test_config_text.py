"""Configs read as data."""

from __future__ import annotations

import pytest

from mlfo_mm.study.config_text import look_up, read_values


def test_values_of_a_text():
    text = "a = 1\nmodel = dict(levels=dict(low=[1, (2, 'x')]), w={'k': None})\n"
    values = read_values(text)
    assert values == {'a': 1, 'model': {'levels': {'low': [1, (2, 'x')]}, 'w': {'k': None}}}
    assert look_up(values, 'model.levels.low.1.0') == 2
    assert look_up(values, 'model.levels.mid', 'none') == 'none'


@pytest.mark.parametrize('text', [None, 'a = (', 'a = open("x")', 'a = b', 3])
def test_what_holds_more_than_values_has_none(text):
    assert read_values(text) == {}
