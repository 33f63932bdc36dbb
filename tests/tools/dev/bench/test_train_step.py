"""Measurements of steps are added to those that are there."""

from __future__ import annotations

import argparse
import json
import sys

import pytest

from tests.conftest import REPO

sys.path.append(str(REPO / 'tools/dev/bench'))
train_step = pytest.importorskip('train_step')


def test_others_keep_their_times_and_their_commit(tmp_path):
    path = tmp_path / 'steps.json'
    args = argparse.Namespace(json=path, configs=['b', 'c'])
    assert train_step.others(args) == {}
    times = dict(seconds=dict(step=[2.0], backbone=[1.0]))
    times['cpu_seconds'] = dict(step=[3.0], backbone=[2.0])
    stored = dict(configs=dict(a=times, b=dict(times, commit='old')), git=dict(commit='last'))
    path.write_text(json.dumps(stored))
    found = train_step.others(args)
    assert found == dict(a=dict(times, commit='last'))
    assert train_step.ratios_of(found) == {'a: step / backbone': 2.0, 'a: in CPU time': 1.5}
