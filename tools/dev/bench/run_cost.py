"""A whole training step, reading and augmenting included, against the bare backbone on the same clips.

The step reads its videos from the run's own data set in this process, on one thread: CPU seconds are
core-seconds. The bare side repeats the step's calls of the backbone, forward and backward, in the
run's own memory format. The ratio and the core-seconds of an epoch are printed.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Iterator

from mlfo_mm.engine.config import load_config
from mlfo_mm.processes import keep_freed_memory

import torch
from measure import finish, parser, take_turns
from mmengine.dataset import pseudo_collate
from mmengine.optim import build_optim_wrapper
from mmengine.registry import DATASETS
from models import calls_of, in_training, repeat


def parse_args() -> argparse.Namespace:
    """Which run, and how often."""
    made = parser(__doc__, 'run_cost', repeats=3)
    made.add_argument('runs', nargs='*', default=['mlfo/r3d18@mini'])
    return made.parse_args()


def batches(data: torch.utils.data.Dataset, size: int) -> Iterator[dict]:
    """Batches of the data set in its order, over and over."""
    place = 0
    while True:
        yield pseudo_collate([data[(place + each) % len(data)] for each in range(size)])
        place += size


class Sides:
    """The two things to time of a run."""

    def __init__(self, run: str) -> None:
        config = load_config(run)
        self.model = in_training(config)
        self.optimizer = build_optim_wrapper(self.model, config.optim_wrapper)
        self.data = DATASETS.build(config.train_dataloader.dataset)
        self.batch_size = config.train_dataloader.batch_size
        self.source = batches(self.data, self.batch_size)
        self.reading: list[float] = []
        self.calls = calls_of(self.model, self.step)
        self.reading.clear()

    def step(self) -> None:
        """Read a batch and train on it."""
        begin = time.process_time()
        batch = next(self.source)
        self.reading.append(time.process_time() - begin)
        self.model.train_step(batch, self.optimizer)

    def backbone(self) -> None:
        """The step's passes through backbones, forward and backward."""
        self.model.zero_grad(set_to_none=True)
        repeat(self.calls).backward()


def main() -> None:
    """Measure, print, store."""
    args = parse_args()
    keep_freed_memory()
    torch.set_num_threads(1)
    ratios, found = {}, {}
    for run in args.runs:
        sides = Sides(run)
        times = take_turns({'step': sides.step, 'backbone': sides.backbone}, args)
        parts = times.cpu | dict(reading=sides.reading)
        steps = len(sides.data) // sides.batch_size
        epoch = {name: steps * statistics.median(cpu) for name, cpu in parts.items()}
        ratios[f'{run}: core-seconds / backbone'] = times.cpu_ratio('step', 'backbone')
        found[run] = dict(times.as_dict(), epoch=epoch, videos=len(sides.data))
        told = ', '.join(f'{name} {seconds:.0f}' for name, seconds in epoch.items())
        print(f'{run}: core-seconds of an epoch of {len(sides.data)} videos: {told}', flush=True)
    finish(args, ratios, runs=found)


if __name__ == '__main__':
    main()
