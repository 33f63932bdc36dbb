"""Answers about configs, from a process of their own."""

from __future__ import annotations

import pytest

from mlfo_mm.benchmark import resolve as resolve_module
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


def test_errors_are_asked_again_and_all_that_code_changes(tmp_path, monkeypatch):
    calls, cache = [], tmp_path / 'cache.json'

    def ask(questions, root):
        calls.append(len(questions))
        return [dict(error='no') if q['task'] == 'order' else dict(told=1) for q in questions]

    monkeypatch.setattr(resolve_module, '_ask', ask)
    questions = [protocol(task, 'smoke') for task in ('order', 'retrieval', 'order')]
    expected = [dict(error='no'), dict(told=1), dict(error='no')]
    code = tmp_path / 'mlfo_mm/models/recognizers/one.py'
    code.parent.mkdir(parents=True)
    for text, asked in (('a = 1', 2), ('a = 1', 1), ('a = 2', 2)):
        code.write_text(text)
        assert resolve(questions, tmp_path, cache) == expected
        assert calls.pop() == asked
