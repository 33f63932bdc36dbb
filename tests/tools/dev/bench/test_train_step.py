"""Measurements of steps are added to those that are there."""

from __future__ import annotations

import argparse
import json
import sys

import pytest

from tests.conftest import REPO

sys.path.append(str(REPO / 'tools/dev/bench'))
train_step = pytest.importorskip('train_step')


def test_others_keep_their_ratios_and_their_commit(tmp_path):
    path = tmp_path / 'steps.json'
    args = argparse.Namespace(json=path, configs=['b', 'c'])
    assert train_step.others(args) == ({}, {})
    ratios = {'a: step / backbone': 1.0, 'a: in CPU time': 1.1, 'b: step / backbone': 2.0}
    configs = dict(a=dict(seconds={}), b=dict(seconds={}, commit='old'))
    path.write_text(json.dumps(dict(ratios=ratios, configs=configs, git=dict(commit='last'))))
    kept, found = train_step.others(args)
    assert kept == {'a: step / backbone': 1.0, 'a: in CPU time': 1.1}
    assert found == dict(a=dict(seconds={}, commit='last'))
