"""sdist and wheel: built, installed where no checkout is, and whole."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest
import setuptools

from mlfo_mm import __version__
from mlfo_mm.commands import COMMANDS
from mlfo_mm.study.methods import cards
from tests.conftest import REPO

pytestmark = pytest.mark.slow
OWN = importlib.util.find_spec('wheel') or int(setuptools.__version__.split('.')[0]) > 70


def done(*command: object, cwd: Path, **variables: str) -> str:
    """What a command prints; it must not fail."""
    words = [str(word) for word in command]
    env = {key: value for key, value in os.environ.items() if key != 'PYTHONPATH'}
    env |= dict(COLUMNS='200', **variables)
    ran = subprocess.run(words, cwd=cwd, env=env, capture_output=True, text=True, timeout=600)
    assert ran.returncode == 0, (words, ran.stdout[-2000:], ran.stderr[-2000:])
    return ran.stdout


@pytest.fixture(scope='module')
def sdist(tmp_path_factory) -> Path:
    """The source distribution, unpacked."""
    base = tmp_path_factory.mktemp('sdist')
    command = ('setup.py', '-q', 'egg_info', '--egg-base', base, 'sdist', '--dist-dir', base)
    done(sys.executable, *command, cwd=REPO)
    (archive,) = base.glob('*.tar.gz')
    with tarfile.open(archive) as packed:
        packed.extractall(base, filter='data')
    return base / archive.name.removesuffix('.tar.gz')


@pytest.fixture(scope='module')
def wheel(sdist, tmp_path_factory) -> Path:
    """The wheel, built from the source distribution alone."""
    base = tmp_path_factory.mktemp('wheel')
    command = [sys.executable, '-m', 'pip', 'wheel', '-q', '--no-deps', '-w', base, sdist]
    ran = subprocess.run(
        [*map(str, command), *(['--no-build-isolation'] if OWN else [])],
        capture_output=True,
        text=True,
    )
    if ran.returncode and not OWN and 'No matching distribution' in ran.stderr:
        pytest.skip('neither the package wheel nor an index to get it from')
    assert ran.returncode == 0, ran.stderr[-2000:]
    (built,) = base.glob('*.whl')
    return built


@pytest.fixture(scope='module')
def mlfo(wheel, tmp_path_factory) -> Path:
    """The command in an environment of its own, which sees what is installed here but no checkout."""
    base = tmp_path_factory.mktemp('environment')
    done(sys.executable, '-m', 'venv', '--without-pip', base, cwd=base)
    python = base / 'bin/python'
    pip = (sys.executable, '-m', 'pip', '--python', python)
    done(*pip, 'install', '-q', '--no-deps', '--no-index', wheel, cwd=base)
    where = "import sysconfig; print(sysconfig.get_path('purelib'))"
    packages = Path(done(python, '-c', where, cwd=base).strip())
    (packages / 'here.pth').write_text(sysconfig.get_path('purelib') + '\n')
    return base / 'bin/mlfo'


def test_what_the_wheel_holds(wheel):
    with zipfile.ZipFile(wheel) as packed:
        names = set(packed.namelist())
        (metadata,) = (name for name in names if name.endswith('.dist-info/METADATA'))
        said = Parser().parsestr(packed.read(metadata).decode())
    carried = {name.removeprefix('mlfo_mm/.mim/') for name in names if '/.mim/' in name}
    tracked = subprocess.run(
        ['git', 'ls-files', 'configs', 'results/paper', 'results/estimates'],
        cwd=REPO,
        capture_output=True,
        text=True,
    ).stdout.split()
    tools = {f'tools/{command.tool}' for command in COMMANDS.values()}
    assert carried >= {*tracked, *tools, 'constraints.txt', 'openmmlab.txt', 'model-index.yml'}
    assert {name for name in carried if name.endswith('.py') and name.startswith('tools')} == tools
    assert not any(name.startswith(('tests', 'tools')) or '__pycache__' in name for name in names)
    package = {f'{path.relative_to(REPO)}' for path in (REPO / 'mlfo_mm').rglob('*.py')}
    assert package | {'mlfo_mm/py.typed', 'mlfo_mm/benchmark/Snakefile'} <= names
    assert said['Version'] == __version__ and said['License'] == 'Apache-2.0'
    assert any('arxiv.org/abs/2108.02183' in url for url in said.get_all('Project-URL'))
    assert said.get_payload().startswith('# mlfo_mm')


def test_commands_without_a_checkout(mlfo, digits_root, tmp_path):
    said = done(mlfo, cwd=tmp_path)
    for name, command in COMMANDS.items():
        assert f'  {name:10} {command.does}' in said
    matrix = done(mlfo, 'benchmark', 'list', '--profile', 'paper', cwd=tmp_path)
    assert all(method in matrix for method in cards())
    shutil.copytree(REPO / 'results/reference/records/demo', tmp_path / 'own/records/demo')
    done(mlfo, 'tables', '--profile', 'demo', '--results', 'own', cwd=tmp_path)
    done(mlfo, 'tables', '--profile', 'demo', '--with-reference', cwd=tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {'own', 'results'}
    for folder in ('own', 'results'):
        assert (tmp_path / folder / 'tables/demo/table4.csv').is_file()


def test_trains_where_it_stands(mlfo, digits_root, tmp_path):
    where = dict(MLFO_DATA_ROOT=str(digits_root), OMP_NUM_THREADS='1')
    said = done(mlfo, 'train', 'simclr/r3d18@smoke', cwd=tmp_path, **where)
    *_, line = said.splitlines()
    assert line.startswith('next: mlfo evaluate work_dirs/simclr/r3d18@smoke --task ')
    assert [path.name for path in tmp_path.iterdir()] == ['work_dirs']
    assert not list(mlfo.parents[1].rglob('work_dirs'))
