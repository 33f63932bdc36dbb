"""Examples in docstrings do what they show, and do so without torch."""

from __future__ import annotations

import subprocess
import sys

from tests.conftest import REPO

EXAMPLES = [
    path.relative_to(REPO).as_posix()
    for path in sorted((REPO / 'mlfo_mm').rglob('*.py'))
    if '>>> ' in path.read_text(encoding='utf-8')
]
RUN = """
import doctest, importlib, sys
for file in sys.argv[1:]:
    name = file.removesuffix('.py').replace('/', '.')
    failed, tried = doctest.testmod(importlib.import_module(name))
    assert tried and not failed, file
heavy = {'torch', 'mmengine', 'mmaction'} & set(sys.modules)
assert not heavy, heavy
"""


def test_there_are_examples():
    assert {'mlfo_mm/api.py', 'mlfo_mm/study/runs.py'} <= set(EXAMPLES)


def test_examples_do_what_they_show():
    command = [sys.executable, '-c', RUN, *EXAMPLES]
    done = subprocess.run(command, cwd=REPO, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_wrong_example_fails(tmp_path):
    (tmp_path / 'wrong.py').write_text('"""A sum.\n\n>>> 1 + 1\n3\n"""\n')
    command = [sys.executable, '-c', RUN, 'wrong.py']
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode != 0 and 'Expected:\n    3' in done.stdout
