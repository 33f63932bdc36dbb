"""Kill -9 at random moments, start again, and compare with an undisturbed run, bit for bit.

After a kill every finished file must be whole, and as in the undisturbed run; the same command
started again must end with its weights, metrics, frames and tables. Smoke size. Points that are in
the outcome's file already are kept. Exit code 1: a difference.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from kill_products import products, reached
from kill_runs import KINDS, ROOT, Kind, finish, has_begun, place, start

# before the forks: what takes a short run most of its time
import matplotlib.pyplot  # noqa: F401
import mmaction.engine  # noqa: F401
import torch.utils.tensorboard  # noqa: F401

import mlfo_mm.evaluation.pretrain_record  # noqa: F401
from mlfo_mm.datasets.digits import Settings, make_digits
from mlfo_mm.files import write_atomic
from mlfo_mm.study.provenance import provenance


def kill(kind: Kind, folder: Path, data: Path, number: int, seconds: float) -> dict:
    """Start and kill; every fifth time a process anew, at any moment, imports too.

    Otherwise after the imports: in a fork, or as soon as there is a file. At odd numbers the
    process dies alone, its children at whatever moment they notice; at even ones all at once.
    """
    anew, alone, old = number % 5 == 4, bool(number % 2), set(folder.rglob('*'))
    process = start(kind, folder, data, fork=kind.forks and not anew)
    while not (anew or kind.forks or process.poll() is not None or has_begun(folder, old)):
        time.sleep(0.002)
    time.sleep(seconds)
    with contextlib.suppress(ProcessLookupError):
        (os.kill if alone else os.killpg)(process.pid, signal.SIGKILL)
    killed = process.wait() == -signal.SIGKILL
    how = dict(fork=kind.forks and not anew, imports=anew, children='left' if alone else 'too')
    return dict(point=number, killed=killed, seconds=round(seconds, 3), **how)


def compare(kind: Kind, folder: Path, data: Path, want: dict[str, str]) -> dict:
    """What a kill left, and what differs then, or once the command was started again."""
    try:
        left = products(folder)
        found = dict(files=f'{len(left)} of {len(want)}', reached=reached(folder))
        differ = [f'before: {name}' for name in left if left[name] != want.get(name)]
        finish(kind, folder, data, kind.forks)
        differ += sorted({name for name, _ in products(folder).items() ^ want.items()})
    except Exception as error:  # whatever it is, it is what the kill has done
        return dict(differ=[f'{type(error).__name__}: {error}'])
    return found | dict(differ=differ)


def check(name: str, folder: Path, data: Path, points: int, seed: int, old: dict) -> Iterator[dict]:
    """Kill a kind at so many points; those of before are kept if the whole run is still the same."""
    kind, spans = KINDS[name], {}
    first, end = finish(kind, place(name, folder / 'whole'), data, fork=False)
    want, spans[True] = products(folder / 'whole'), end
    first, end = finish(kind, place(name, folder / 'again'), data, kind.forks)
    spans[False] = end if kind.forks else end - first
    if differ := products(folder / 'again').items() ^ want.items():
        sys.exit(f'{name}: two undisturbed runs differ: {dict(differ)}')
    kept = old.get('points', []) if old.get('whole') == want else []
    yield dict(command=kind.words.format('DIR'), whole=want, points=kept)
    for number in range(len(kept), points):
        moments, killed = random.Random(f'{seed} {name} {number}'), False
        while not killed:  # done before the blow: another moment
            here, span = place(name, folder / str(number)), spans[number % 5 == 4]
            found = kill(kind, here, data, number, moments.random() * span)
            killed = found.pop('killed')
        found |= compare(kind, here, data, want)
        kept.append(found)
        if not found['differ']:
            shutil.rmtree(here)
        print(f'{name}: {found}', flush=True)
        yield dict(command=kind.words.format('DIR'), whole=want, points=kept)


def main() -> None:
    """Check the kinds that are asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('kinds', nargs='*', choices=['all', *KINDS], default='all')
    parser.add_argument('--points', type=int, default=20, help='kills of each kind')
    parser.add_argument('--seed', type=int, default=0, help='of the moments')
    where = Path(tempfile.gettempdir(), 'kill_anywhere')
    parser.add_argument('--folder', type=Path, default=where, help='for data and what is killed')
    parser.add_argument('--output', type=Path, default=ROOT / 'results/stress/kill_anywhere.json')
    args = parser.parse_args()
    whole = json.loads(args.output.read_text()) if args.output.exists() else {'kinds': {}}
    data, wrong = args.folder / 'data', 0
    # kept if it is there: a frame cache knows its videos by path and time
    make_digits(data, Settings(num_train=16, num_test=8), workers=1, progress=False)
    for name in KINDS if 'all' in args.kinds else args.kinds:
        old = whole['kinds'].get(name, {})
        for found in check(name, args.folder / name, data, args.points, args.seed, old):
            whole['kinds'][name] = provenance() | dict(seed=args.seed) | found
            write_atomic(args.output, json.dumps(whole, indent=1) + '\n')
        wrong += sum(bool(point['differ']) for point in found['points'])
        shutil.rmtree(args.folder / name / 'whole', ignore_errors=True)
        shutil.rmtree(args.folder / name / 'again', ignore_errors=True)
    if wrong:
        sys.exit(f'{wrong} ended otherwise: {args.folder}')


if __name__ == '__main__':
    main()
