"""Answers about configs, from a process of their own."""

from __future__ import annotations

import pytest

from mlfo_mm.benchmark.resolve import protocol, resolve
from mlfo_mm.errors import UserError
from mlfo_mm.study.identity import Protocol
from tests.conftest import REPO


@pytest.mark.parametrize(
    ('package', 'message'),
    [
        ('raise SystemExit("one line\\nerror: torch is missing")', 'torch is missing'),
        ('raise SystemExit(3)', 'no message'),
    ],
)
def test_a_process_that_cannot_answer_is_told_by_its_last_line(package, message, tmp_path):
    (tmp_path / 'mlfo_mm').mkdir()
    (tmp_path / 'mlfo_mm/__init__.py').write_text(package)
    with pytest.raises(UserError, match=f'^configs cannot be read: {message}$'):
        resolve([protocol('retrieval', 'smoke')], tmp_path, tmp_path / 'cache.json')
    assert not (tmp_path / 'cache.json').exists()


def test_within_another_repository_it_is_not_that_one_that_answers(tmp_path, monkeypatch):
    (tmp_path / 'mlfo_mm').mkdir()
    (tmp_path / 'mlfo_mm/__init__.py').write_text('raise SystemExit("the wrong one")')
    monkeypatch.chdir(tmp_path)
    questions = [protocol('retrieval', 'smoke'), protocol('retrieval', 'smo')]
    answer, error = resolve(questions, REPO, tmp_path / 'cache.json')
    told = Protocol(**answer['protocol'])
    assert (told.task, told.dataset, told.average, told.amp) == ('retrieval', '', 'prob', False)
    assert 'num_clips' in told.text
    assert error == dict(error="unknown profile 'smo' (did you mean 'smoke'?)")
