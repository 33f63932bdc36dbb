"""Profiles by name, and what follows from a name."""

from __future__ import annotations

import pytest

from mlfo_mm.errors import UserError
from mlfo_mm.study.profiles import PROFILES, find_profile


def test_unknown_profile_has_did_you_mean():
    with pytest.raises(UserError, match=r"unknown profile 'pper' \(did you mean 'paper'\?\)"):
        find_profile('pper')
    with pytest.raises(UserError, match='one of smoke, demo, mini, paper'):
        find_profile('zzz')


def test_data_sets_of_a_profile():
    assert list(PROFILES) == ['smoke', 'demo', 'mini', 'paper']
    assert all(find_profile(name).name == name for name in PROFILES)
    assert find_profile('paper').datasets == ('ucf101', 'hmdb51')
    assert [profile.pretrain for profile in PROFILES.values()] == [
        'digits_motion',
        'digits_motion',
        'utdplain27',
        'kinetics400',
    ]
    assert [profile.paper for profile in PROFILES.values()] == [False, False, False, True]
