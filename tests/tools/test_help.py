"""The help of each tool: light, with examples, and with what its exit status says."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from mlfo_mm.arguments import EXIT_STATUS
from mlfo_mm.benchmark.commands import COMMANDS
from tests.conftest import REPO

HEAVY = ('torch', 'mmengine', 'mmaction', 'scipy', 'matplotlib', 'pandas')
# in one process: each help, and what had to be loaded for it
ALL = """
import contextlib, io, json, runpy, sys
said = {}
for words in json.loads(sys.argv[1]):
    sys.argv[:] = [*words, '--help']
    text = io.StringIO()
    with contextlib.redirect_stdout(text), contextlib.suppress(SystemExit):
        runpy.run_path(words[0], run_name='__main__')
    loaded = sorted({name.partition('.')[0] for name in sys.modules} & set(sys.argv_heavy))
    said[' '.join(words)] = (text.getvalue(), loaded)
print(json.dumps(said))
"""


@pytest.fixture(scope='module')
def helps() -> dict[str, tuple[str, list[str]]]:
    """Text of each tool's help, and the heavy packages that it loaded."""
    tools = [path for folder in ('tools', 'tools/data') for path in (REPO / folder).glob('*.py')]
    words = [[str(path)] for path in sorted(tools)]
    words += [[str(REPO / 'tools/benchmark.py'), command] for command in COMMANDS]
    code = f'import sys; sys.argv_heavy = {HEAVY!r}\n{ALL}'
    done = subprocess.run(
        [sys.executable, '-c', code, json.dumps(words)],
        env=os.environ | dict(PYTHONPATH=str(REPO)),
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout)


def test_help_loads_nothing_heavy(helps):
    assert {name: loaded for name, (_, loaded) in helps.items() if loaded} == {}


def test_help_ends_with_examples_and_the_exit_status(helps):
    assert len(helps) > 15
    for name, (text, _) in helps.items():
        assert text.rstrip().endswith(EXIT_STATUS), name
        assert f'  python {name}' in text and '\nexample' in text, name


def test_options_that_mean_the_same_are_called_the_same(helps):
    words = {word for text, _ in helps.values() for word in text.split() if word.startswith('--')}
    outdated = {'--data', '--tasks', '--out', '--timeout', '--report', '--force'}
    assert not outdated & {word.strip('[],') for word in words}


def test_options_are_taken_by_their_whole_names():
    command = [sys.executable, str(REPO / 'tools/benchmark.py'), 'list', '--prof', 'demo']
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2 and 'required: --profile' in done.stderr
