"""Records of evaluations that could not begin stand where the real ones will."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlfo_mm.benchmark.choice import Choice
from mlfo_mm.benchmark.failures import _facts, _write, write_failed
from mlfo_mm.benchmark.plan import Folders, make_plan
from mlfo_mm.errors import UserError
from mlfo_mm.evaluation.evaluate import evaluate
from mlfo_mm.evaluation.job import prepare
from mlfo_mm.evaluation.request import Request
from mlfo_mm.study.records import load_records
from tests.benchmark.test_plan import ask
from tests.conftest import REPO


def test_a_failed_record_gives_way_to_the_real_one(synthetic, tmp_path, monkeypatch):
    monkeypatch.chdir(REPO)
    choice = Choice('smoke', methods=('random', 'mlfo'), tables=('4',)).checked()
    plan = make_plan(choice, Folders(REPO, tmp_path / 'work', tmp_path), ask)
    evaluations = [job for job in plan.jobs if job.facts.get('dataset') == 'synthetic_motion']
    for job in evaluations:
        _write(dict(_facts(job), reason='pretraining failed: no luck'), REPO, tmp_path)
    failed = {record.method: record for record in load_records(tmp_path, 'smoke')}
    assert set(failed) == {'mlfo', 'random'}
    for record in failed.values():
        assert (record.status, record.reason) == ('failed', 'pretraining failed: no luck')
        assert (record.task, record.dataset, record.seed) == ('retrieval', 'synthetic_motion', 0)
    facts = next(job.facts for job in evaluations if job.facts['method'] == 'random')
    request = Request(
        facts['run'],
        'none',
        'retrieval',
        'synthetic_motion',
        REPO / 'configs/downstream',
        seed=0,
        work_dir=tmp_path / 'work',
    )
    _, path = evaluate(request, tmp_path)
    assert path.stem == failed['random'].experiment
    assert failed['random'].family_hash == load_records(tmp_path, 'smoke')[1].family_hash
    _write(dict(facts, reason='again'), REPO, tmp_path)
    statuses = {record.method: record.status for record in load_records(tmp_path, 'smoke')}
    assert statuses == dict(mlfo='failed', random='done')


@pytest.mark.parametrize('skip_broken', [False, True])
def test_a_failed_record_has_the_identity_of_the_evaluation(
    synthetic, tmp_path, monkeypatch, skip_broken
):
    """Also where broken videos are passed over, and where an option is the downstream config's."""
    monkeypatch.chdir(REPO)
    chosen = dict(methods=('random',), tables=('4',), datasets=('synthetic_motion',))
    choice = Choice('smoke', **chosen, skip_broken=skip_broken).checked()
    plan = make_plan(choice, Folders(REPO, tmp_path / 'work', tmp_path), ask)
    (job,) = (job for job in plan.jobs if job.rule == 'evaluate')
    options = {'downstream.num_clips': 1, 'eval_frame_interval': 1}
    asked = dict(_facts(job), options=options)
    assert '--skip-broken' in job.command or not skip_broken
    _write(dict(asked, reason='no luck'), REPO, tmp_path)
    (failed,) = load_records(tmp_path, 'smoke')
    request = Request(
        asked['run'],
        'none',
        'retrieval',
        'synthetic_motion',
        REPO / 'configs/downstream',
        seed=0,
        skip_broken=skip_broken,
        options=options,
    )
    about = prepare(request).about()
    assert {name: getattr(failed, name) for name in about} == about
    assert f"'skip_broken': {skip_broken}" in failed.config_text


def test_the_runner_has_them_written(stand_in):
    plan = stand_in().plan
    write_failed(plan, {'evaluate/a': 'pretraining failed: no luck'})
    (record,) = load_records(Path(plan.cwd, plan.results), 'smoke')
    assert (record.status, record.reason) == ('failed', 'pretraining failed: no luck')
    assert (record.task, record.dataset, record.seed) == ('retrieval', 'pair', 0)


def test_records_that_cannot_be_written_are_an_error(stand_in):
    plan = stand_in().plan
    Path(plan.cwd, plan.results).write_text('no folder')
    with pytest.raises(UserError, match='results'):
        write_failed(plan, {'evaluate/a': 'no luck'})
