"""The smoke profile from nothing to records, again, and after faults."""

from __future__ import annotations

import pytest

from mlfo_mm.benchmark import runner
from mlfo_mm.benchmark.profiles import PROFILES, Profile
from mlfo_mm.errors import UserError
from mlfo_mm.reporting import load_records
from tests.conftest import REPO

TINY = Profile(('configs/simclr/r3d18_smoke.py',), ('synthetic_motion',))


@pytest.fixture
def tiny(monkeypatch, synthetic, tmp_path):
    """The smoke profile with one method, and the folders it writes to."""
    monkeypatch.setitem(PROFILES, 'smoke', TINY)
    return dict(name='smoke', root=REPO, work_dir=tmp_path / 'work', results=tmp_path / 'results')


def test_runs_once_and_reuses_what_is_done(tiny, capsys):
    assert runner.run_profile(**tiny) == []
    records = load_records(tiny['results'])
    found = {(r.method, r.task) for r in records}
    assert found == {
        ('random', 'linear_probe'),
        ('random', 'retrieval'),
        ('scratch', 'finetune'),
        *(('simclr', task) for task in ('linear_probe', 'retrieval', 'finetune')),
    }
    for record in records:
        assert record.n_samples['test'] == dict(expected=8, read=8, skipped=0)
        assert (record.checkpoint is None) == (record.method != 'simclr')
    files = {p: p.stat().st_mtime_ns for p in tiny['results'].rglob('*.json')}
    assert runner.run_profile(**tiny) == []
    assert 'done before' in capsys.readouterr().out
    assert {p: p.stat().st_mtime_ns for p in tiny['results'].rglob('*.json')} == files


def test_one_failure_does_not_stop_the_others(tiny, monkeypatch):
    evaluate = runner.evaluate

    def failing(request, results, reuse):
        if request.task == 'retrieval':
            raise UserError('no neighbours today')
        return evaluate(request, results, reuse)

    monkeypatch.setattr(runner, 'evaluate', failing)
    failures = runner.run_profile(**tiny, tasks=('retrieval', 'linear_probe'))
    assert len(failures) == 2
    assert all('no neighbours today' in line for line in failures)
    assert {r.task for r in load_records(tiny['results'])} == {'linear_probe'}


def test_failed_pretraining_is_named_and_its_evaluations_are_left_out(tiny, monkeypatch):
    def failing(root, run):
        raise UserError('pretraining failed (exit 2)')

    monkeypatch.setattr(runner, 'pretrain', failing)
    failures = runner.run_profile(**tiny, tasks=('retrieval',))
    assert failures[0] == 'pretraining failed (exit 2)'
    assert 'its pretraining failed' in failures[1]
    assert {r.method for r in load_records(tiny['results'])} == {'random'}


def test_a_changed_config_or_data_set_is_another_run(synthetic, tmp_path):
    config = 'configs/mlfo/r3d18_smoke.py'
    own = runner.pretraining(REPO, config, 'synthetic_motion', 0, tmp_path)
    other = runner.pretraining(REPO, config, 'synthetic_appearance', 0, tmp_path)
    again = runner.pretraining(REPO, config, 'synthetic_motion', 0, tmp_path)
    assert own == again
    assert own.work_dir != other.work_dir
    assert own.options == {}
    assert other.options['train_dataloader.dataset.dataset'] == 'synthetic_appearance'
    assert (
        runner.pretraining(REPO, config, 'synthetic_motion', 1, tmp_path).work_dir != own.work_dir
    )


def test_missing_data_is_said_before_anything_runs(tmp_path, monkeypatch):
    monkeypatch.setenv('MLFO_DATA_ROOT', str(tmp_path))
    with pytest.raises(UserError, match='utdrender27'):
        runner.run_profile('mini', REPO, work_dir=tmp_path / 'work', results=tmp_path / 'results')
    assert not (tmp_path / 'work').exists()
