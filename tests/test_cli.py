"""The installed package and its command: all that tools need comes with it, no checkout is needed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from mlfo_mm.commands import COMMANDS
from mlfo_mm.study.methods import cards
from tests.conftest import REPO


@pytest.fixture(scope='module')
def installed(tmp_path_factory) -> Path:
    """What pip would put into site-packages."""
    base = tmp_path_factory.mktemp('build')
    command = [sys.executable, 'setup.py', '-q', 'build', '--build-base', str(base)]
    subprocess.run(command, cwd=REPO, check=True, capture_output=True)
    return base / 'lib'


def mlfo(installed: Path, cwd: Path, *words: str) -> subprocess.CompletedProcess:
    command = [sys.executable, '-P', '-m', 'mlfo_mm.cli', *words]
    environment = os.environ | dict(PYTHONPATH=str(installed), COLUMNS='200')
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True)


def test_what_is_carried(installed):
    carried = installed / 'mlfo_mm/.mim'

    def files(root: Path, folder: str) -> set[str]:
        found = (root / folder).rglob('*')
        return {str(p.relative_to(root)) for p in found if p.is_file() and p.suffix != '.pyc'}

    assert files(carried, 'configs') == files(REPO, 'configs') != set()
    assert files(carried, 'results') == files(REPO, 'results/paper') != set()
    tools = {str(path.relative_to(carried / 'tools')) for path in (carried / 'tools').rglob('*.py')}
    assert tools == {command.tool for command in COMMANDS.values()}
    assert (installed / 'mlfo_mm/py.typed').is_file()
    assert not (installed / 'tests').exists()


def test_commands_without_a_checkout(installed, tmp_path):
    said = mlfo(installed, tmp_path)
    assert said.returncode == 0 and all(f'  {name} ' in said.stdout for name in COMMANDS)
    matrix = mlfo(installed, tmp_path, 'benchmark', 'list', '--profile', 'paper')
    assert matrix.returncode == 0, matrix.stderr
    assert all(method in matrix.stdout for method in cards())
    shutil.copytree(REPO / 'results/reference/records/demo', tmp_path / 'results/records/demo')
    tables = mlfo(installed, tmp_path, 'tables', '--profile', 'demo')
    assert tables.returncode == 0, tables.stderr
    assert (tmp_path / 'results/tables/demo/table4.csv').is_file()


def test_a_command_that_is_none(installed, tmp_path):
    said = mlfo(installed, tmp_path, 'tarin')
    assert (said.returncode, said.stdout) == (2, '')
    assert said.stderr == "error: no command 'tarin' (did you mean 'train'?)\n"
