"""A training step of each method against the bare backbone on the same clips.

The bare side repeats the step's calls of the backbone and nothing else: as many clips of the same
size, forward and backward, or forward alone where the step keeps no gradient (a momentum encoder).
Clips are those of the training pipeline; all terms are at work. The first config's ratio is last.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Mapping
from typing import Any

from mlfo_mm.engine.config import load_config
from mlfo_mm.processes import keep_freed_memory
from mlfo_mm.study.provenance import provenance

import torch
from batches import read_batch
from measure import Times, add_device, finish, parser, store, take_turns, wait_for
from memory import memory, memory_of
from models import calls_of, in_training, repeat
from torch import Tensor


def parse_args() -> argparse.Namespace:
    """Sizes of the measurement."""
    made = parser(__doc__, 'train_step')
    made.add_argument('configs', nargs='*', default=['configs/mlfo/r3d18_k400.py'])
    made.add_argument('--batch', type=int, default=8, help='videos')
    made.add_argument('--bf16', action='store_true', help='bfloat16 autocast')
    made.add_argument(
        '--add',
        action='store_true',
        help='keep what the JSON has of other configs, with its commit',
    )
    made.add_argument('--no-memory', action='store_true', help='leave out the peaks of memory')
    add_device(made)
    return made.parse_args()


def build(path: str, args: argparse.Namespace) -> dict[str, Callable[[], object]]:
    """The two things to time."""
    config = load_config(path)
    model = in_training(config, args.device)
    batch = model.data_preprocessor(read_batch(config, args.batch), training=True)

    def run(loss_of: Callable[[], Tensor]) -> None:
        model.zero_grad(set_to_none=True)
        with torch.autocast(args.device, dtype=torch.bfloat16, enabled=args.bf16):
            loss = loss_of()
        loss.backward()

    def step() -> Tensor:
        return model.parse_losses(model.loss(batch['inputs'], batch['data_samples']))[0]

    calls = calls_of(model, lambda: run(step))
    return {'step': lambda: run(step), 'backbone': lambda: run(lambda: repeat(calls))}


def others(args: argparse.Namespace) -> dict[str, Any]:
    """Times of the configs that the JSON has and that are not to be measured now."""
    if not args.json.exists():
        return {}
    before = json.loads(args.json.read_text())
    found = {path: each for path, each in before['configs'].items() if path not in args.configs}
    for each in found.values():
        each.setdefault('commit', before['git']['commit'])
    return found


def ratios_of(found: Mapping[str, Any]) -> dict[str, float]:
    """Of the times of each config."""
    ratios = {}
    for path, each in found.items():
        times = Times(each['seconds'], each['cpu_seconds'])
        ratios[f'{path}: step / backbone'] = times.ratio('step', 'backbone')
        ratios[f'{path}: in CPU time'] = times.cpu_ratio('step', 'backbone')
    return ratios


def main() -> None:
    """Measure, print, store."""
    args = parse_args()
    keep_freed_memory()
    if args.memory_of:
        path, side = args.memory_of.split('::')
        build(path, args)[side]()
        print(memory(args.device, peak=True))
        return
    found = others(args) if args.add else {}
    commit = provenance()['git']['commit']
    for path in args.configs:
        times = take_turns(build(path, args), args, wait_for(args.device))
        sides = times.wall if not args.no_memory else ()
        used = {side: memory_of(f'{path}::{side}') for side in sides}
        found[path] = dict(times.as_dict(), memory_gb=used, commit=commit)
        store(args, ratios_of(found), configs=found)  # the rest may take an hour
        for side in times.wall:
            more = f', {used[side]:.2f} GB' if side in used else ''
            print(f'{path}, {side}: {times.median(side):.3f} s{more}', flush=True)
    finish(args, ratios_of(found), configs=found)


if __name__ == '__main__':
    main()
