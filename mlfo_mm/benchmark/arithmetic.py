"""What jobs of the paper's size take on GPUs, by arithmetic from shipped counts: nothing is measured.

``docs/gpu.md`` explains it. ``results/estimates/gpu_work.csv`` has the operations of each pretraining,
written by ``tools/dev/make_gpu_page.py``.
"""

from __future__ import annotations

import csv
import functools
import io
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mlfo_mm.benchmark.jobs import EVALUATIONS, Job, Plan
from mlfo_mm.benchmark.sizes import Sizes
from mlfo_mm.errors import UserError
from mlfo_mm.files import read_text
from mlfo_mm.study.config_text import look_up, read_values
from mlfo_mm.study.experiments import SWEPT_VALUE
from mlfo_mm.study.identity import DEFAULT, is_padded
from mlfo_mm.study.paths import REPOSITORY

FILE = 'estimates/gpu_work.csv'
PEAK, SHARE = 989e12, 0.25  # dense bfloat16 of an H100, as its maker states it; assumed share of it
CORES = 16  # of a GPU's share of its machine
CARD = 'an H100 at a quarter of its peak (assumed)'
CLIPS = 3  # of the sample whose decoding was timed: MLFO's
MIB = 2**20


@dataclass(frozen=True)
class Network:
    """A pretraining's network.

    Attributes:
        method: Its key, like ``variant``, ``backbone`` and ``pretrain`` (a data set).
        gflop_video: Operations of a training step for one video, in 10^9.
        gflop_clip: Of the backbone's forward pass of one clip.
        checkpoint_mib: Size of a checkpoint: weights and what the optimiser holds.
        classifier_mib: The same of the backbone under a linear head, with momentum.
        width: Numbers that are stored of a clip's features, of all levels.
    """

    method: str
    variant: str
    backbone: str
    pretrain: str
    gflop_video: float
    gflop_clip: float
    checkpoint_mib: float
    classifier_mib: float
    width: float


FIELDS = tuple(Network.__dataclass_fields__)
WORDS = FIELDS[:4]


@dataclass(frozen=True)
class Work:
    """What a job does.

    Attributes:
        flops: Operations on GPUs.
        samples: Videos that are decoded, as many clips of each as MLFO's step has.
        checkpoints: Bytes of checkpoints that stay on the disk.
        features: Bytes of stored features.
    """

    flops: float = 0.0
    samples: float = 0.0
    checkpoints: float = 0.0
    features: float = 0.0

    def __add__(self, other: Work) -> Work:
        """Both together."""
        pairs = zip(vars(self).values(), vars(other).values(), strict=True)
        return Work(*(one + more for one, more in pairs))


def decode_rate(root: Path = REPOSITORY) -> float | None:
    """Samples a second of one core, augmented by the worker, as it was measured; None if it was not."""
    try:
        stored = json.loads((root / 'results/bench/input_pipeline.json').read_text())
        return float(stored['samples_per_second']['pipeline'])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def hours(flops: float, samples: float, gpus: int, rate: float) -> tuple[float, float]:
    """Of the GPUs, and of the cores that feed them."""
    computed = flops / (gpus * SHARE * PEAK) / 3600
    return computed, samples / (gpus * CORES * rate) / 3600


def feeding_cores(work: Work, gpus: int, rate: float) -> float:
    """Cores that decode as fast as so many GPUs compute."""
    return work.samples / rate * gpus * SHARE * PEAK / work.flops if work.flops else 0.0


@functools.cache
def networks(path: Path = REPOSITORY / 'results' / FILE) -> tuple[Network, ...]:
    """The shipped counts; none where they are not there."""
    if not path.is_file():
        return ()
    reader = csv.DictReader(io.StringIO(read_text(path), newline=''))
    try:
        return tuple(
            Network(**{key: row[key] if key in WORDS else float(row[key]) for key in FIELDS})
            for row in reader
        )
    except (KeyError, ValueError, TypeError) as error:
        raise UserError(
            f'{path}: not what tools/dev/make_gpu_page.py writes ({error!r})'
        ) from error


def network_of(plan: Plan, job: Job, known: tuple[Network, ...] | None = None) -> Network | None:
    """The network that a job trains or evaluates; of a sweep, that of the run without it."""
    run = plan.trained[job.facts['trains']]
    variant = run.variant.rpartition('+')[0] if is_padded(run.variant) else run.variant
    swept = SWEPT_VALUE.fullmatch(variant)
    variant = (swept['base'] if swept else variant) or DEFAULT
    found = [
        each
        for each in (networks() if known is None else known)
        if (each.method, each.variant, each.backbone) == (run.method, variant, run.backbone)
    ]
    found.sort(key=lambda each: each.pretrain != run.dataset)
    return found[0] if found else None


def work_of(plan: Plan, job: Job, sizes: Sizes, network: Network | None) -> Work | None:
    """What a job does; None where its network or its data are not known."""
    if job.rule not in ('pretrain', *EVALUATIONS):
        return Work()
    if network is None:
        return None
    if job.rule == 'pretrain':
        return _pretraining(plan, job, sizes, network)
    total, stored = Work(), set[tuple[str, bool]]()
    for dataset in job.facts['datasets']:
        size = sizes(dataset)
        if size is None:
            return None
        for task in job.facts['tasks']:
            values = _values(plan.protocols[task].text)
            clips = look_up(values, 'downstream.num_clips', 1)
            seen = clips * (size.train + size.test)
            if 'train_cfg' in values:
                total += _trained(values, network, size.train, clips * size.test)
                continue
            ways = {(dataset, False), *({(dataset, True)} if task == 'order' else ())}
            new = seen * len(ways - stored)
            stored |= ways
            passed = new + (seen if task == 'neighbours' else 0)  # the method's own embeddings
            flops, kept = 1e9 * network.gflop_clip * passed, 4.0 * network.width * new
            total += Work(flops, passed / CLIPS, features=kept)
    return total


def _pretraining(plan: Plan, job: Job, sizes: Sizes, network: Network) -> Work | None:
    run = plan.trained[job.facts['trains']]
    values, size = _values(run.text), sizes(run.dataset)
    if size is None:
        return None
    epochs = look_up(values, 'train_cfg.max_epochs', 0)
    samples = float(epochs * size.train)
    kept = _kept(values, epochs) * network.checkpoint_mib * MIB
    return Work(1e9 * network.gflop_video * samples, samples, kept)


def _trained(values: dict[str, Any], network: Network, train: int, tested: int) -> Work:
    """A classifier's training, a clip of each video in each epoch, and its test."""
    epochs = look_up(values, 'train_cfg.max_epochs', 0)
    passes = 1 if look_up(values, 'downstream.freeze_backbone') else 3  # forward; backward is two
    flops = 1e9 * network.gflop_clip * (epochs * train * passes + tested)
    kept = _kept(values, epochs) * network.classifier_mib * MIB
    return Work(flops, epochs * train + tested / CLIPS, kept)


def _kept(values: dict[str, Any], epochs: int) -> int:
    """Checkpoints that a training leaves."""
    most = look_up(values, 'default_hooks.checkpoint.max_keep_ckpts', -1)
    every = look_up(values, 'default_hooks.checkpoint.interval', 1)
    written = -(-epochs // every)
    return written if most < 0 else min(most, written)


@functools.cache
def _values(text: str) -> dict[str, Any]:
    return read_values(text)
