"""What a tool says to whoever called it, whichever way it ends."""

from __future__ import annotations

from pathlib import Path

import pytest

from mlfo_mm.errors import UserError
from mlfo_mm.handover import RANKS, Handover, handing_over, read_handover


@pytest.fixture
def path(tmp_path, monkeypatch) -> Path:
    for name in RANKS:
        monkeypatch.delenv(name, raising=False)
    return tmp_path / 'new/outcome.json'


def fail(path: Path | None, error: Exception, *records: str) -> None:
    with pytest.raises(type(error)), handing_over(path) as made:
        made += map(Path, records)
        raise error


def test_records_that_were_made(path):
    with handing_over(path) as made:
        made.append(Path('results/a.json'))
        assert read_handover(path) is None  # not before the end
    assert read_handover(path) == Handover(('results/a.json',))


def test_a_failure_has_its_reason_in_one_line(path):
    fail(path, UserError('no such\n  file'), 'a.json')
    assert read_handover(path) == Handover(('a.json',), 'no such file')
    fail(path, KeyError('x'))
    assert read_handover(path) == Handover((), "KeyError: 'x'")
    with handing_over(path):
        pass
    assert read_handover(path) == Handover()


@pytest.mark.parametrize('name', RANKS)
def test_of_several_processes_the_first_speaks(path, monkeypatch, name):
    monkeypatch.setenv(name, '1')
    with handing_over(path):
        pass
    assert not path.exists()
    fail(path, UserError('mine'))
    fail(path, UserError('an echo'))
    assert read_handover(path) == Handover((), 'mine')
    monkeypatch.setenv(name, '0')
    with handing_over(path) as made:
        made.append(Path('a.json'))
    assert read_handover(path) == Handover(('a.json',))


def test_a_file_that_cannot_be_written_does_not_hide_the_error(path, tmp_path):
    (tmp_path / 'new').touch()
    fail(path, KeyError('x'))
    with pytest.raises(UserError, match='cannot write'), handing_over(path):
        pass


def test_nothing_without_a_file(tmp_path):
    with handing_over(None) as made:
        made.append(Path('a.json'))
    fail(None, KeyError('x'))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize('text', ['', '{"records": []', '[]', '{"records": 1, "reason": ""}'])
def test_half_a_file_says_nothing(tmp_path, text):
    (tmp_path / 'torn.json').write_text(text)
    assert read_handover(tmp_path / 'torn.json') is None
