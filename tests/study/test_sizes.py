"""Sizes of published data sets."""

from __future__ import annotations

from mlfo_mm.study.sizes import known_size


def test_sizes_by_split():
    assert known_size('ucf101') == (9537, 3783)
    assert known_size('ucf101', 3) == (9624, 3696)
    assert known_size('kinetics400').train == 240_436
    assert known_size('mine') is None and known_size('kinetics400', 2) is None
