"""The doctor runs where nothing is installed, and says in its status whether that matters."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

REPO = Path(__file__).resolve().parent.parent.parent


def doctor(*options: str, **variables: str) -> subprocess.CompletedProcess:
    command = [sys.executable, *options, str(REPO / 'tools' / 'doctor.py')]
    environment = dict(os.environ, **variables)
    return subprocess.run(command, capture_output=True, text=True, env=environment, timeout=300)


def test_everything_in_order(tmp_path):
    (tmp_path / 'mine').mkdir()
    (tmp_path / 'mine' / 'classes.txt').write_text('a\n')
    (tmp_path / 'mine' / 'train.txt').write_text('v.mp4 0\n')
    done = doctor(MLFO_DATA_ROOT=str(tmp_path))
    assert done.returncode == 0, done.stdout
    lines = done.stdout.splitlines()
    assert lines[-1] == 'all essential things are in order'
    found = {line.split()[1] for line in lines if line.startswith(('ok', 'note'))}
    assert {'python', 'torch', 'torchvision', 'mmengine', 'mmcv', 'mmaction2', 'decoders'} <= found
    assert any('mine: train.txt 1' in line for line in lines)
    assert any(line.startswith('ok    torch') and 'torch/__init__.py' in line for line in lines)


def test_nothing_installed():
    done = doctor('-S', PYTHONPATH='')
    assert done.returncode == 1
    assert done.stderr == ''
    lines = done.stdout.splitlines()
    for name in ('torch', 'torchvision', 'mmengine', 'mmcv', 'mmaction2', 'decoders'):
        (number,) = (i for i, line in enumerate(lines) if line.startswith(f'wrong {name:12}'))
        assert lines[number + 1].strip().startswith('-> python -m pip install '), name
    assert lines[-1].startswith('8 essential thing(s) wrong; all at once: ')
    assert 'make install' in lines[-1] or 'activate' in lines[-1]


def test_broken_torchvision(tmp_path):
    """One built for another torch fails at import with RuntimeError."""
    (tmp_path / 'torchvision').mkdir()
    broken = "raise RuntimeError('operator torchvision::nms does not exist')"
    (tmp_path / 'torchvision' / '__init__.py').write_text(broken)
    done = doctor(PYTHONPATH=str(tmp_path))
    assert done.returncode == 1
    assert (
        'torchvision cannot be imported (operator torchvision::nms does not exist)' in done.stdout
    )
    assert '--force-reinstall torch==2.11.0 torchvision==0.26.0' in done.stdout
    assert 'Traceback' not in done.stdout + done.stderr


def test_make_needs_no_environment(tmp_path):
    """Nothing is installed by it, and what is missing is a list."""
    bare = tmp_path / 'python'
    bare.write_text(f'#!/bin/sh\nexec {sys.executable} -S "$@"\n')
    bare.chmod(0o755)
    words = ['make', 'doctor', f'VENV={tmp_path / "none"}', f'PYTHON={bare}']
    done = subprocess.run(
        words, cwd=REPO, env=dict(PATH=os.environ['PATH']), capture_output=True, text=True
    )
    assert done.returncode == 2 and 'Traceback' not in done.stdout + done.stderr
    assert 'wrong torch ' in done.stdout and 'all at once: ' in done.stdout
    assert [path.name for path in tmp_path.iterdir()] == ['python']
