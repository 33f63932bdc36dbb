"""Records of evaluations that could not begin stand where the real ones will."""

from __future__ import annotations

from mlfo_mm.benchmark.failures import _write
from mlfo_mm.benchmark.plan import Folders, make_plan
from mlfo_mm.benchmark.profiles import Choice
from mlfo_mm.evaluation.evaluate import evaluate
from mlfo_mm.evaluation.job import Request
from mlfo_mm.reporting import load_records
from tests.benchmark.test_plan import ask
from tests.conftest import REPO


def test_a_failed_record_gives_way_to_the_real_one(synthetic, tmp_path, monkeypatch):
    monkeypatch.chdir(REPO)
    choice = Choice('smoke', methods=('random', 'mlfo'), tables=('4',)).checked()
    plan = make_plan(choice, Folders(REPO, tmp_path / 'work', tmp_path), ask)
    evaluations = [job for job in plan.jobs if job.facts.get('dataset') == 'synthetic_motion']
    for job in evaluations:
        _write(dict(job.facts, reason='pretraining failed: no luck'), REPO, tmp_path)
    failed = {record.method: record for record in load_records(tmp_path, 'smoke')}
    assert set(failed) == {'mlfo', 'random'}
    for record in failed.values():
        assert (record.status, record.reason) == ('failed', 'pretraining failed: no luck')
        assert (record.task, record.dataset, record.seed) == ('retrieval', 'synthetic_motion', 0)
    facts = next(job.facts for job in evaluations if job.facts['method'] == 'random')
    request = Request(
        REPO / facts['config'],
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
