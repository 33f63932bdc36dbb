"""The runner's lines, of markers and states as jobs leave them."""

from __future__ import annotations

import io
import re
import time

import pytest
from rich.console import Console

from mlfo_mm.benchmark import terminal
from mlfo_mm.benchmark.runner import Machine
from mlfo_mm.benchmark.state import files, write
from mlfo_mm.benchmark.terminal import Follower, how_far


@pytest.fixture
def follow(stand_in):
    """``follow(on_terminal)``: the plan, how it is followed, and what was printed."""
    plan = stand_in().plan

    def make(on_terminal: bool = False):
        file = io.StringIO()
        console = Console(file=file, width=200, force_terminal=on_terminal, color_system=None)
        return plan, Follower(plan, plan.jobs[:4], Machine(2, 1), console), file

    return make


def begin(plan, name: str, seconds: float) -> None:
    write(files(plan, plan.job(name)).state, status='running', start=time.time() - seconds)


def test_without_a_terminal_each_change_is_a_line(follow):
    plan, seen, file = follow()
    with seen:
        begin(plan, 'pretrain/a', 100)
        seen.update()
        seen.update()
        found = files(plan, plan.job('pretrain/a'))
        write(found.state, status='done', start=0, end=seen.began['pretrain/a'] + 60)
        write(found.marker, products=[], seconds=60.0)
        write(files(plan, plan.job('pretrain/b')).state, status='failed', start=0, reason='no luck')
        seen.update()
    log = files(plan, plan.job('pretrain/b')).log
    assert file.getvalue().splitlines() == [
        'no earlier run tells how long this takes',
        'pretrain a ... began',
        '[2/5] pretrain a ... done in 60 s',
        'pretrain b ... began',
        f'[3/5] pretrain b ... FAILED: no luck (log: {log})',
    ]
    assert seen.failed == 1


def test_a_sign_of_life_where_nothing_ends(follow, monkeypatch):
    plan, seen, file = follow()
    begin(plan, 'pretrain/a', 600)
    with seen:
        seen.update()
        assert 'after' not in file.getvalue()
        monkeypatch.setattr(terminal, 'SILENCE_S', (-1.0, -1.0))
        seen.update()
    last = file.getvalue().splitlines()[-1]
    assert re.fullmatch(r'1/5 after \d+ s; pretrain a \(10 min\)', last)


def test_on_a_terminal_one_line_follows_what_runs(follow):
    plan, seen, file = follow(on_terminal=True)
    begin(plan, 'pretrain/a', 600)
    with seen:
        seen.update()
        assert 'pretrain a (10 min)' in str(seen.line.status)
    assert 'began' not in file.getvalue()
    assert '\x1b[?25h' in file.getvalue()  # the cursor is back


def test_what_runs_says_how_far_it_is(follow, monkeypatch):
    plan, seen, file = follow()
    begin(plan, 'pretrain/a', 600)
    found = files(plan, plan.job('pretrain/a'))
    told = dict(what='epoch 3/10', share=0.25, left=1800.0, told=time.time())
    write(found.progress, **told)
    monkeypatch.setattr(terminal, 'SILENCE_S', (-1.0, -1.0))
    with seen:
        seen.update()
    last = file.getvalue().splitlines()[-1]
    assert last.endswith('pretrain a (epoch 3/10, 10 min, about 30 min left of it)')
    write(found.progress, **(told | dict(what='epoch 10/10', left=0.0)))
    assert (
        how_far(plan, plan.job('pretrain/a'), told['told'], told['told'] - 600)
        == 'epoch 10/10, 10 min'
    )
