"""How far a tool is, as it tells whoever called it."""

from __future__ import annotations

import pytest

from mlfo_mm import progress
from mlfo_mm.progress import VARIABLE, Progress, Teller, read_progress, spell


@pytest.fixture
def clock(monkeypatch):
    """A clock that the test sets."""
    now = [100.0]
    monkeypatch.setattr(progress.time, 'monotonic', lambda: now[0])
    monkeypatch.setattr(progress.time, 'time', lambda: now[0])
    return now


def test_time_left_goes_by_the_pace_since_the_start(tmp_path, monkeypatch, clock):
    path = tmp_path / 'job.json'
    monkeypatch.setenv(VARIABLE, str(path))
    teller = Teller(100, first=40)
    clock[0] += 20
    teller.tell(50, 'epoch 5/10')
    said = read_progress(path)
    assert said == ('epoch 5/10', 0.5, 100.0, 120.0)  # 10 steps in 20 s, 50 to go
    assert (said.left_at(150.0), said.left_at(500.0)) == (70.0, 0.0)
    clock[0] += 1
    teller.tell(51, 'epoch 6/10')  # too soon to say it again
    assert read_progress(path).what == 'epoch 5/10'
    teller.tell(100, 'epoch 10/10')  # the last word is always said
    assert read_progress(path)[:3] == ('epoch 10/10', 1.0, 0.0)
    assert [each.name for each in tmp_path.iterdir()] == ['job.json']


def test_nothing_is_done_yet(tmp_path, monkeypatch, clock):
    monkeypatch.setenv(VARIABLE, str(tmp_path / 'job.json'))
    Teller(10).tell(0, 'epoch 1/2')
    said = read_progress(tmp_path / 'job.json')
    assert said.left is None and said.left_at(200.0) is None


def test_a_clock_that_was_set_back_adds_no_time():
    said = Progress('epoch 1/2', 0.5, 10.0, told=5000.0)
    assert [said.left_at(now) for now in (5004.0, 1400.0, 6000.0)] == [6.0, 10.0, 0.0]


def test_nobody_asked_or_the_folder_is_gone(tmp_path, monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)
    Teller(10).tell(1, 'x')
    monkeypatch.setenv(VARIABLE, str(tmp_path / 'gone/job.json'))
    Teller(10).tell(1, 'x')
    assert read_progress(tmp_path / 'gone/job.json') is None
    (tmp_path / 'half.json').write_text('{"what": "x"')
    assert read_progress(tmp_path / 'half.json') is None


@pytest.mark.parametrize(
    ('seconds', 'text'),
    [
        (0, '0 s'),
        (-3600, '0 s'),
        (89, '89 s'),
        (150, '2 min'),
        (4500, '75 min'),
        (5400, '1 h 30 min'),
        (7200, '2 h'),
    ],
)
def test_durations_in_words(seconds, text):
    assert spell(seconds) == text
