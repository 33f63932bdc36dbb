"""The command ``mlfo``: what it says of itself, and which tool a word means."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from mlfo_mm import __version__
from mlfo_mm.commands import COMMANDS, STATUSES, _as_commands
from mlfo_mm.errors import UserError
from tests.conftest import REPO


def mlfo(*words: str, module: str = 'mlfo_mm') -> subprocess.CompletedProcess:
    command = [sys.executable, '-m', module, *words]
    environment = os.environ | dict(PYTHONPATH=str(REPO), COLUMNS='200')
    return subprocess.run(command, env=environment, capture_output=True, text=True)


def test_it_says_what_each_command_does():
    said = mlfo('--help')
    assert (said.returncode, said.stderr) == (0, '')
    for name, command in COMMANDS.items():
        assert f'  {name:10} {command.does}\n' in said.stdout
        assert (REPO / 'tools' / command.tool).is_file() and command.tool not in said.stdout
    assert all(f'\n  {status:<4}' in said.stdout for status in STATUSES)
    assert mlfo(module='mlfo_mm.cli').stdout == said.stdout
    assert mlfo('--version').stdout == f'mlfo_mm {__version__}\n'


def test_a_word_runs_its_tool():
    assert mlfo('config', '--help').stdout.startswith('usage: mlfo config ')


def test_a_command_that_is_none():
    said = mlfo('tarin')
    assert (said.returncode, said.stdout) == (2, '')
    assert said.stderr == "error: no command 'tarin' (did you mean 'train'?)\n"


def test_an_installed_package_names_its_commands(monkeypatch):
    tools = {Path(command.tool).name for command in COMMANDS.values()}
    assert len(tools) == len(COMMANDS)
    text = 'run python tools/train.py X, tools/data/check_videos.py Y; not tools/dev/pilot.py'
    assert _as_commands(text) == 'run mlfo train X, mlfo check Y; not tools/dev/pilot.py'
    assert str(UserError(text)) == text
    monkeypatch.setattr('mlfo_mm.commands.INSTALLED', True)
    assert str(UserError(text)) == _as_commands(text)
