"""Change a loss in one place at a time; a change that no test sees is a test that is missing.

A sign, + for - and * for /, a summand left out, an integer by one (an index, an axis), a
comparison, a flag. The loss's own tests run first, then all tests of losses. Exit code 1: a change
survived that equivalent_mutants.toml does not explain, or it explains one that did not.
"""

from __future__ import annotations

import argparse
import gc
import importlib
import json
import multiprocessing
import os
import sys
import time
import tomllib
from pathlib import Path

import pytest
from mutants import graft, mutants

from mlfo_mm.files import write_atomic
from mlfo_mm.study.provenance import provenance

ROOT = Path(__file__).resolve().parents[3]
LOSSES = 'mlfo_mm/models/losses'
TESTS = 'tests/models/losses'
EXPLAINED = ROOT / 'tools/dev/stress/equivalent_mutants.toml'
OPTIONS = ['-qx', '--tb=no', '-p', 'no:cacheprovider', '-p', 'no:unraisableexception']
LIMIT_S = 300.0
NAMES = sorted(p.stem for p in (ROOT / LOSSES).glob('*.py') if p.stem != '__init__')


def passes(name: str, text: str, tests: list[str]) -> bool:
    """Whether tests pass with a module changed, in a fork, which has imported all of them already."""

    def run() -> None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        module = importlib.import_module(f'{LOSSES}/{name}'.replace('/', '.'))
        assert graft(module, text), f'{name} has no functions'
        os._exit(int(pytest.main([*OPTIONS, *tests])))

    process = multiprocessing.get_context('fork').Process(target=run)
    process.start()
    process.join(LIMIT_S)  # a loop may have lost its end
    if process.is_alive():
        process.kill()
        process.join()
    return process.exitcode == 0


def own_and_all(name: str) -> tuple[list[str], list[str]]:
    """Tests of one loss, and the other tests of losses."""
    own = f'{TESTS}/test_{name.strip("_")}.py'
    return [own], sorted(f'{TESTS}/{p.name}' for p in (ROOT / TESTS).glob('test_*.py'))


def check(name: str, explained: dict[str, str]) -> dict:
    """Run the tests against each change of a loss."""
    source = (ROOT / LOSSES / f'{name}.py').read_text()
    begin, own, survivors = time.monotonic(), own_and_all(name), []
    every = list(mutants(source))
    if not passes(name, source, own[0]):
        sys.exit(f'{own[0]} fail as they are')
    for mutant in every:
        survived = all(passes(name, mutant.text, tests) for tests in own)
        reason = explained.get(mutant.after, '') if survived else ''
        if survived:
            row = dict(line=mutant.line, change=mutant.change, after=mutant.after, reason=reason)
            survivors.append(row)
        how = f'SURVIVED {reason}' if survived else 'killed'
        print(f'{name}:{mutant.line} {mutant.change}: {mutant.after}: {how}', flush=True)
    killed, seconds = len(every) - len(survivors), round(time.monotonic() - begin, 1)
    return dict(mutants=len(every), killed=killed, survivors=survivors, seconds=seconds)


def prepare() -> None:
    """Import the tests and all that they import before the forks: most of a short test's time."""
    os.chdir(ROOT)
    pytest.main([*OPTIONS, '--collect-only', '-qq', TESTS])
    gc.freeze()  # shared pages stay shared


def main() -> None:
    """Go through the losses."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('losses', nargs='*', choices=['all', *NAMES], default='all')
    parser.add_argument('--output', type=Path, default=ROOT / 'results/stress/mutate_losses.json')
    args = parser.parse_args()
    prepare()
    whole = json.loads(args.output.read_text()) if args.output.exists() else {'losses': {}}
    explained = tomllib.loads(EXPLAINED.read_text())
    wrong = []
    for name in NAMES if 'all' in args.losses else args.losses:
        reasons = explained.get(name, {})
        found = whole['losses'][name] = provenance() | check(name, reasons)
        write_atomic(args.output, json.dumps(whole, indent=1) + '\n')
        lines = [row['after'] for row in found['survivors']]
        wrong += [f'{name}: {line}: survived' for line in lines if line not in reasons]
        wrong += [f'{name}: {line}: explained, but killed' for line in reasons if line not in lines]
    sys.exit('\n'.join(wrong) or 0)


if __name__ == '__main__':
    main()
