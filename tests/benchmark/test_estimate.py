"""Times of jobs from earlier ones, and durations in words."""

from __future__ import annotations

import pytest

from mlfo_mm.benchmark.estimate import START_S, Estimates, spell
from mlfo_mm.benchmark.state import Files, write
from mlfo_mm.study.records import write_record
from tests.reporting.conftest import build


@pytest.mark.parametrize(
    ('seconds', 'text'),
    [
        (0, '0 s'),
        (89, '89 s'),
        (150, '2 min'),
        (4500, '75 min'),
        (5400, '1 h 30 min'),
        (7200, '2 h'),
    ],
)
def test_durations_in_words(seconds, text):
    assert spell(seconds) == text


def test_time_left(stand_in, tmp_path):
    plan = stand_in().plan
    known = Estimates(plan)
    assert known.seconds(plan.job('pretrain/a')) is None
    assert known.left(plan.jobs, {}, 2) is None
    write(Files(tmp_path / 'benchmark', 'pretrain/b').marker, products=[], seconds=100.0)
    write(Files(tmp_path / 'benchmark', 'evaluate/b').marker, products=[], seconds=40.0)
    known = Estimates(plan)
    assert known.seconds(plan.job('pretrain/a')) == 100.0  # another method, the same backbone
    assert known.seconds(plan.job('evaluate/a')) == 40.0
    two = [plan.job('pretrain/a'), plan.job('evaluate/a')]
    assert known.left(two, {}, 2) == 140.0  # one waits for the other
    assert known.left(two, {'pretrain/a': 60.0}, 2) == 80.0


def test_records_tell_times_too(stand_in, tmp_path):
    plan = stand_in().plan
    plan.profile = 'demo'
    record = build(task='retrieval', method='mlfo', wall_time_s=7.5)
    write_record(record, tmp_path / 'results')
    assert Estimates(plan).seconds(plan.job('evaluate/a')) == START_S + 7.5


def test_a_failed_run_tells_no_time(stand_in, tmp_path):
    plan = stand_in().plan
    plan.profile = 'demo'
    run = dict(task='retrieval', method='a', variant='', wall_time_s=5.0)
    write_record(build(**run, status='failed', metrics={}, reason='killed'), tmp_path / 'results')
    assert Estimates(plan).seconds(plan.job('evaluate/a')) is None
    write_record(build(**run, metrics={'R@1': 50.0}), tmp_path / 'results')
    assert Estimates(plan).seconds(plan.job('evaluate/a')) == START_S + 5.0
