"""A short run of the fuzzer, and that it sees what it looks for."""

from __future__ import annotations

import importlib
import mmap
import random
import sys

import pytest

from tests.conftest import REPO

STRESS = REPO / 'tools/dev/stress'
pytestmark = pytest.mark.slow


@pytest.fixture(scope='module')
def fuzz():
    sys.path.insert(0, str(STRESS))
    yield importlib.import_module('fuzz')
    sys.path.remove(str(STRESS))


@pytest.fixture(scope='module')
def samples(fuzz, tmp_path_factory):
    folder = tmp_path_factory.mktemp('samples')
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv('MLFO_DATA_ROOT', '')
        importlib.import_module('fuzz_samples').make_samples(folder)
    return folder


@pytest.mark.parametrize('kind', ['records', 'checkpoints', 'lists', 'videos', 'options'])
def test_no_input_ends_a_tool_otherwise_than_it_may(fuzz, samples, tmp_path, monkeypatch, kind):
    monkeypatch.setenv('MLFO_DATA_ROOT', str(samples / 'data'))
    for number in range(2):
        ending = fuzz.attempt(kind, 0, number, tmp_path, samples)
        assert not ending.fault, f'{ending.command}\n{ending.said}'


@pytest.mark.parametrize(
    ('code', 'fault'),
    [
        ('raise LookupError("a fault")', 'a traceback: LookupError: a fault'),
        ('import os; os._exit(9)', 'ended with 9'),
        ('raise SystemExit(2)', 'no line that says why'),
        ('print("\\x1b[2J")', 'a line that no terminal should get'),
        ('x = b"1" * 2**31', 'GiB more memory'),
        ('import time; time.sleep(60)', 'no end in 1 s'),
        ('print("fine")', ''),
    ],
)
def test_what_falls_is_seen(fuzz, tmp_path, code, fault):
    runs = importlib.import_module('fuzz_runs')
    tool = tmp_path / 'tool.py'
    tool.write_text(code)
    seconds = 1.0 if 'sleep' in code else 60.0
    assert fault in runs.run([str(tool)], tmp_path / 'log', seconds).fault


def test_memory_is_seen_beside_large_mapped_files(fuzz, tmp_path):
    runs = importlib.import_module('fuzz_runs')
    tool = tmp_path / 'tool.py'
    tool.write_text('x = b"1" * 2**31')
    with (tmp_path / 'large').open('w+b') as file:
        file.truncate(3 * 2**30)
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
            for page in range(0, len(mapped), 4096):
                mapped[page]
            assert 'GiB more memory' in runs.run([str(tool)], tmp_path / 'log').fault


def test_inputs_are_a_function_of_seed_kind_and_number(fuzz):
    values = importlib.import_module('fuzz_values')
    data = dict(a=[1, 2, {'b': 'c'}], d=1.5)
    one, same, other = (
        [repr(values.changed(random.Random(f'{seed} x 1'), data)) for _ in range(3)]
        for seed in (0, 0, 1)
    )
    assert one == same != other
    assert values.mangled(random.Random(1), b'abc' * 99) != b'abc' * 99
