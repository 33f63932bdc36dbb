"""What the scripts here share: both sides take turns, medians, a JSON with hardware and versions."""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from mlfo_mm.files import write_atomic
from mlfo_mm.study.provenance import provenance

FOLDER = Path('results/bench')


def parser(doc: str | None, name: str, repeats: int = 5) -> argparse.ArgumentParser:
    """Arguments of every script; ``name`` is that of its JSON."""
    made = argparse.ArgumentParser(description=doc)
    made.add_argument('--repeats', type=int, default=repeats)
    made.add_argument('--warm-up', type=int, default=1)
    made.add_argument('--json', type=Path, default=FOLDER / f'{name}.json')
    made.add_argument('--memory-of', help=argparse.SUPPRESS)
    return made


def add_device(made: argparse.ArgumentParser) -> None:
    """Argument ``--device`` of the scripts that run a model: a GPU where there is one."""
    import torch

    made.add_argument('--device', default='cuda' if torch.cuda.is_available() else 'cpu')


def wait_for(device: str) -> Callable[[], object]:
    """What ends everything that a device still does."""
    if not device.startswith('cuda'):
        return lambda: None
    import torch

    return torch.cuda.synchronize


def as_worker() -> None:
    """Be a data worker on a machine whose cores all have one: one core for all threads of a side."""
    import cv2

    cv2.setNumThreads(0)
    if hasattr(os, 'sched_setaffinity'):  # Linux
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})


class Times:
    """Wall and CPU seconds (of all threads of this process) of each side, one for each repeat."""

    def __init__(self, wall: dict[str, list[float]], cpu: dict[str, list[float]]) -> None:
        self.wall = wall
        self.cpu = cpu

    @classmethod
    def of_sides(cls, names: Iterable[str]) -> Times:
        """None measured yet."""
        names = list(names)
        return cls({name: [] for name in names}, {name: [] for name in names})

    def median(self, name: str) -> float:
        """Median wall seconds of a side."""
        return statistics.median(self.wall[name])

    def ratio(self, name: str, other: str) -> float:
        """How many times longer a side takes than another: the median over the rounds.

        Within a round a machine's speed is nearly one; from round to round it drifts.
        """
        return median_ratio(self.wall[name], self.wall[other])

    def cpu_ratio(self, name: str, other: str) -> float:
        """The same in CPU time, which a busy machine disturbs less."""
        return median_ratio(self.cpu[name], self.cpu[other])

    def as_dict(self) -> dict[str, Any]:
        """For the JSON."""
        return dict(seconds=self.wall, cpu_seconds=self.cpu)


def median_ratio(times: Sequence[float], others: Sequence[float]) -> float:
    """The median of the ratios of what stands side by side."""
    return statistics.median(one / other for one, other in zip(times, others, strict=True))


def take_turns(
    sides: Mapping[str, Callable[[], object]],
    args: argparse.Namespace,
    wait: Callable[[], object] = lambda: None,
) -> Times:
    """Call every side once in each repeat; ``wait`` ends what a device still does."""
    times = Times.of_sides(sides)
    for repeat in range(args.warm_up + args.repeats):
        for name, function in sides.items():
            wait()
            wall, cpu = time.perf_counter(), time.process_time()
            function()
            wait()
            if repeat >= args.warm_up:
                times.wall[name].append(time.perf_counter() - wall)
                times.cpu[name].append(time.process_time() - cpu)
    return times


def store(args: argparse.Namespace, ratios: Mapping[str, float], **facts: Any) -> None:
    """Store everything as JSON."""
    gpus = []
    if 'torch' in sys.modules:
        import torch

        gpus = [torch.cuda.get_device_name()] if torch.cuda.is_available() else []
        facts.setdefault('threads', torch.get_num_threads())
    shown = {key: value for key, value in vars(args).items() if key not in ('json', 'memory_of')}
    stored = dict(arguments=shown, ratios=dict(ratios), **facts, **provenance(gpus))
    write_atomic(args.json, json.dumps(stored, indent=1, default=str) + '\n')


def finish(args: argparse.Namespace, ratios: Mapping[str, float], **facts: Any) -> None:
    """Store everything as JSON, then print the ratios, the first one last."""
    store(args, ratios, **facts)
    for name, ratio in reversed(ratios.items()):
        print(f'{name}: {ratio:.3f}')
