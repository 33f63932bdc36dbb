"""Give the tools inputs that nobody would write, and see that each ends with a line.

No input may make a tool end in a traceback, hang, or take more memory than it may. Inputs are a
function of --seed, kind and number. Outcome: how many were tried, and what fell. Exit code 1: some did.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import sys
import tempfile
from collections import Counter
from pathlib import Path

from fuzz_inputs import KINDS
from fuzz_runs import ROOT, SECONDS, Ending, run
from fuzz_samples import make_samples

# before the forks: what takes a short run most of its time
import matplotlib.pyplot  # noqa: F401
import mmaction.engine  # noqa: F401
import torch
import torch.utils.tensorboard

import mlfo_mm.evaluation.evaluate
import mlfo_mm.evaluation.pretrain_record
import mlfo_mm.reporting.figures.make
import mlfo_mm.reporting.report  # noqa: F401
from mlfo_mm.files import write_atomic
from mlfo_mm.study.provenance import provenance


def attempt(
    kind: str, seed: int, number: int, folder: Path, samples: Path, seconds: float = SECONDS
) -> Ending:
    """Make an input and run it; its files stay where it fell."""
    here = folder / kind / str(number)
    shutil.rmtree(here, ignore_errors=True)
    here.mkdir(parents=True)
    environment = dict(os.environ)
    words = KINDS[kind](random.Random(f'{seed} {kind} {number}'), here, samples)
    ending = run(words, here / 'log', seconds)
    os.environ.clear()
    os.environ.update(environment)
    if not ending.fault:
        shutil.rmtree(here)
    return ending


def main() -> None:
    """Try the kinds that are asked for."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('kinds', nargs='*', choices=['all', *KINDS], default='all')
    parser.add_argument('--count', type=int, default=200, help='inputs of each kind')
    parser.add_argument('--first', type=int, default=0, help='number of the first one')
    parser.add_argument('--seed', type=int, default=0)
    parser.add_argument(
        '--seconds', type=float, default=SECONDS, help='of one command; more on a busy machine'
    )
    where = Path(tempfile.gettempdir(), 'fuzz')
    parser.add_argument('--folder', type=Path, default=where, help='for samples and what falls')
    parser.add_argument('--output', type=Path, default=ROOT / 'results/stress/fuzz.json')
    args = parser.parse_args()
    torch.set_num_threads(1)
    make_samples(args.folder / 'samples')
    whole = json.loads(args.output.read_text()) if args.output.exists() else {'kinds': {}}
    wrong = 0
    for kind in KINDS if 'all' in args.kinds else args.kinds:
        endings: Counter[str] = Counter()
        fell = []
        for number in range(args.first, args.first + args.count):
            where = (args.folder, args.folder / 'samples')
            ending = attempt(kind, args.seed, number, *where, args.seconds)
            endings[str(ending.status)] += 1
            if ending.fault:
                fell.append(dict(number=number, fault=ending.fault, command=ending.command[:500]))
                print(f'{kind} {number}: {ending.fault}\n  {ending.command[:300]}', flush=True)
        tried = dict(seed=args.seed, tried=args.count, seconds=args.seconds)
        found = dict(endings=dict(sorted(endings.items())), fell=fell)
        whole['kinds'][kind] = provenance() | tried | found
        write_atomic(args.output, json.dumps(whole, indent=1) + '\n')
        print(f'{kind}: {args.count} tried, {len(fell)} fell, endings {dict(endings)}', flush=True)
        wrong += len(fell)
    if wrong:
        sys.exit(f'{wrong} fell: {args.folder}')


if __name__ == '__main__':
    main()
