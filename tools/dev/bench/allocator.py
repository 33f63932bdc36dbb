"""A training step where freed memory stays with the process, as in the tools, against glibc's own way.

Each side runs in processes of its own, alternately. Prints seconds and, last, how many times faster the
float32 step is.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys

from mlfo_mm.processes import keep_freed_memory

import measure
from train_step import build

SIDES = ('as glibc does', 'kept')
KINDS = {'float32': False, 'bfloat16': True}


def parse_args() -> argparse.Namespace:
    """Sizes of the measurement."""
    made = measure.parser(__doc__, 'allocator', repeats=3)
    made.add_argument('--config', default='configs/mlfo/r3d18_k400.py')
    made.add_argument('--batch', type=int, default=8, help='videos')
    made.add_argument('--rounds', type=int, default=2, help='processes of each side')
    made.add_argument('--side', choices=SIDES, help=argparse.SUPPRESS)
    return made.parse_args()


def seconds(args: argparse.Namespace) -> dict[str, list[float]]:
    """Wall seconds of the steps, in this process."""
    if args.side == 'kept' and not keep_freed_memory():
        raise SystemExit('memory is not kept here: only on Linux with glibc, and no MALLOC_... set')
    args.device = 'cpu'
    steps = {
        kind: build(args.config, argparse.Namespace(**vars(args), bf16=bf16))['step']
        for kind, bf16 in KINDS.items()
    }
    return measure.take_turns(steps, args).wall


def main() -> None:
    """Measure, print, store."""
    args = parse_args()
    if args.side:
        print(json.dumps(seconds(args)))
        return
    found: dict[str, dict[str, list[float]]] = {s: {k: [] for k in KINDS} for s in SIDES}
    for _ in range(args.rounds):
        for side in SIDES:
            command = [sys.executable, *sys.argv, '--side', side]
            done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
            for kind, times in json.loads(done.stdout.splitlines()[-1]).items():
                found[side][kind] += times
    medians = {s: {k: statistics.median(v) for k, v in found[s].items()} for s in SIDES}
    for side in SIDES:
        print(side, ', '.join(f'{kind} {value:.3f} s' for kind, value in medians[side].items()))
    ratios = {
        f'speed of a step with freed memory kept, {kind}': medians[SIDES[0]][kind]
        / medians['kept'][kind]
        for kind in KINDS
    }
    measure.finish(args, ratios, seconds=found)


if __name__ == '__main__':
    main()
