"""Times of jobs from earlier ones, and durations in words."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mlfo_mm.benchmark import estimate
from mlfo_mm.benchmark.estimate import START_S, Estimates
from mlfo_mm.benchmark.state import Files, write
from mlfo_mm.study.records import write_record
from mlfo_mm.study.sizes import Size
from tests.reporting.conftest import build, build_pretraining


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
    # what it says of itself goes before what others took
    assert known.left(two, {'pretrain/a': 60.0}, 2, {'pretrain/a': 500.0}) == 540.0


def counts(train: int, test: int) -> dict:
    return {
        name: dict(expected=number, read=number, skipped=0)
        for name, number in (('train', train), ('test', test))
    }


@pytest.fixture
def sizes(monkeypatch):
    """The set ``pair`` has 30 + 12 videos."""
    monkeypatch.setattr(
        estimate, 'Sizes', lambda: lambda name: Size(30, 12) if name == 'pair' else None
    )


def test_records_of_other_data_tell_times_as_large_as_the_data_are(stand_in, tmp_path, sizes):
    plan = stand_in().plan
    plan.profile = 'mini'
    run = dict(profile='mini', task='retrieval', wall_time_s=7.5, metrics={'R@1': 50.0})
    write_record(build(**run, n_samples=counts(60, 24)), tmp_path / 'results')
    assert Estimates(plan).seconds(plan.job('evaluate/a')) == START_S + 7.5 / 2
    text = 'train_cfg = dict(max_epochs=20)'
    plan.trained['a'] = replace(plan.trained['a'], text=text)
    trained = build_pretraining(
        profile='mini', n_samples=counts(300, 0), cost=dict(wall_time_s=90.0), curves={}
    )
    write_record(trained, tmp_path / 'results')
    assert Estimates(plan).seconds(plan.job('pretrain/a')) == START_S + 90 / 10
    curves = dict(epoch=[9, 10], loss=[2.0, 1.0])
    write_record(replace(trained, curves=curves), tmp_path / 'results')  # of half as many epochs
    assert Estimates(plan).seconds(plan.job('pretrain/a')) == START_S + 90 / 10 * 2


def test_records_of_other_data_tell_nothing_of_data_whose_size_is_not_known(stand_in, tmp_path):
    plan = stand_in().plan
    plan.profile = 'mini'
    run = dict(profile='mini', task='retrieval', wall_time_s=7.5, metrics={'R@1': 50.0})
    write_record(build(**run), tmp_path / 'results')
    assert Estimates(plan).seconds(plan.job('evaluate/a')) is None
    write_record(
        build(**run, dataset='pair'), tmp_path / 'results'
    )  # the same set, whatever its size
    assert Estimates(plan).seconds(plan.job('evaluate/a')) == START_S + 7.5


def test_shipped_records_tell_where_none_of_ones_own_does(stand_in, tmp_path, sizes):
    plan = stand_in().plan
    plan.profile = 'demo'
    told = Estimates(plan).told(plan.job('evaluate/a'))
    assert told is not None and all('cores' in machine for machine in told[1])
    record = build(task='retrieval', metrics={'R@1': 50.0}, n_samples=counts(30, 12))
    write_record(record, tmp_path / 'results')
    assert Estimates(plan).told(plan.job('evaluate/a')) == (START_S + 1.5, {''})


def test_a_failed_run_tells_no_time(stand_in, tmp_path):
    plan = stand_in().plan
    plan.profile = 'mini'
    run = dict(profile='mini', dataset='pair', task='retrieval', method='a', variant='')
    run |= dict(wall_time_s=5.0)
    write_record(build(**run, status='failed', metrics={}, reason='killed'), tmp_path / 'results')
    assert Estimates(plan).seconds(plan.job('evaluate/a')) is None
    write_record(build(**run, metrics={'R@1': 50.0}), tmp_path / 'results')
    assert Estimates(plan).seconds(plan.job('evaluate/a')) == START_S + 5.0
