"""Records of evaluations that could not begin stand where the real ones will."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlfo_mm.benchmark.choice import Choice
from mlfo_mm.benchmark.failures import write_failed
from mlfo_mm.benchmark.folders import Folders
from mlfo_mm.benchmark.plan import make_plan
from mlfo_mm.benchmark.resolve import resolve
from mlfo_mm.errors import UserError
from mlfo_mm.evaluation.evaluate import evaluate
from mlfo_mm.evaluation.request import Request
from mlfo_mm.evaluation.trial import prepare
from mlfo_mm.study.records import load_records
from tests.conftest import REPO


@pytest.fixture
def plan(digits, tmp_path, monkeypatch):
    """``plan(**choice)``: of the smoke profile, with the identities that its configs have."""
    monkeypatch.chdir(REPO)

    def make(**chosen):
        choice = Choice('smoke', tables=('4',), datasets=('digits_motion',), **chosen).checked()

        def ask(questions):
            return resolve(questions, REPO, tmp_path / 'cache.json')

        return make_plan(choice, Folders(REPO, tmp_path / 'work', tmp_path), ask)

    return make


def evaluations(plan) -> list[str]:
    return [job.name for job in plan.jobs if job.rule == 'evaluate']


def test_a_failed_record_gives_way_to_the_real_one(plan, tmp_path):
    made = plan(methods=('random', 'mlfo'))
    write_failed(made, dict.fromkeys(evaluations(made), 'pretraining failed: no luck'))
    failed = {record.method: record for record in load_records(tmp_path, 'smoke')}
    assert set(failed) == {'mlfo', 'random'}
    for record in failed.values():
        assert (record.status, record.reason) == ('failed', 'pretraining failed: no luck')
        assert (record.task, record.dataset, record.seed) == ('retrieval', 'digits_motion', 0)
    on = ('none', 'retrieval', 'digits_motion')
    request = Request(*on, 'mlfo/r3d18@smoke', seed=0, work_dir=tmp_path / 'work')
    _, path = evaluate(request, tmp_path)
    assert path.stem == failed['random'].experiment
    write_failed(made, dict.fromkeys(evaluations(made), 'again'))
    records = {record.method: record for record in load_records(tmp_path, 'smoke')}
    assert records['random'].status == 'done'
    assert records['random'].family_hash == failed['random'].family_hash
    assert records['mlfo'] == failed['mlfo']


@pytest.mark.parametrize('skip_broken', [pytest.param(False, marks=pytest.mark.product), True])
def test_a_failed_record_has_the_identity_of_the_evaluation(plan, tmp_path, skip_broken):
    """Also where broken videos are passed over."""
    made = plan(methods=('random',), skip_broken=skip_broken)
    (name,) = evaluations(made)
    write_failed(made, {name: 'no luck'})
    (failed,) = load_records(tmp_path, 'smoke')
    on = ('none', 'retrieval', 'digits_motion')
    about = prepare(Request(*on, 'mlfo/r3d18@smoke', seed=0, skip_broken=skip_broken)).about()
    assert {key: getattr(failed, key) for key in about} == about
    assert f"'skip_broken': {skip_broken}" in failed.config_text
    assert made.job(name).products == (f'{tmp_path}/records/smoke/{failed.experiment}.json',)


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
