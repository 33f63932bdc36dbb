"""Part 3: what all cores decode and augment, against what the GPU takes; the wait for data in real steps."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path

from gpu.report import Report, Setting
from gpu.speed import wait

from mlfo_mm.engine.config import load_config
from mlfo_mm.engine.optim import AutocastOptimWrapper

sys.path.append(str(Path(__file__).resolve().parents[1] / 'bench'))
from batches import batches_of, drawn_dataset
from mmengine.optim import build_optim_wrapper
from models import in_training

RUN = 'mlfo/r3d18@k400'
CHANGES = ('', '+device_augmentation')
STEPS = 50


def main(report: Report, setting: Setting) -> None:
    """Pipelines of workers and device, alone and in front of steps."""
    for change in CHANGES[:1] if setting.quick else CHANGES:
        if report.left < 15:
            return
        with report.check(f'data{change or " of workers"}') as values:
            values |= fed(setting, change)


def fed(setting: Setting, change: str) -> dict[str, float]:
    """Samples a second of all cores, and the share of steps that waits for them."""
    workers = 0 if setting.quick else len(os.sched_getaffinity(0))
    size, steps = (2, 2) if setting.quick else (32, STEPS)
    run = 'mlfo/r3d18@smoke' if setting.quick else RUN
    config = load_config(run + change)
    with tempfile.TemporaryDirectory() as root:
        data = drawn_dataset(config, 2 * size, root)
        start = time.perf_counter()
        rounds = 2 if setting.quick else max(4, workers // 2)
        for _ in batches_of(data, size, rounds, workers):
            pass
        speed = size * rounds / (time.perf_counter() - start)
        model = in_training(config, setting.device)
        kind = dict(config.optim_wrapper, type=AutocastOptimWrapper)
        optimizer = build_optim_wrapper(model, kind)
        waited, begun = 0.0, time.perf_counter()
        batches = batches_of(data, size, steps, workers)
        for step in range(steps):
            asked = time.perf_counter()
            batch = next(batches)
            if step:  # workers start with the first
                waited += time.perf_counter() - asked
            else:
                begun = time.perf_counter()
            model.train_step(batch, optimizer)
        wait(setting.device)
    spent = time.perf_counter() - begun
    rate = dict(samples_per_s=speed, samples_per_s_and_core=speed / max(workers, 1))
    return rate | dict(
        taken_per_s=size * steps / spent, data_time=waited / (steps - 1), waiting=waited / spent
    )
