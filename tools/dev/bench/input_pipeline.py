"""A training pipeline on one worker against decord decoding the same frames, and stock transforms.

The stock side has MMAction2's reading, resizing, cropping, flipping and ColorJitter for the same views
(no gray, and one jitter for a view: it has nothing for single frames).
Prints samples a second, the CPU time of a worker when the device augments and, last, the speed as a share
of decoding alone.
"""

from __future__ import annotations

import copy
import tempfile
from collections.abc import Callable
from pathlib import Path

import measure
from mlfo_mm.engine.config import load_config
from mlfo_mm.datasets.transforms import PerClip
from mlfo_mm.datasets.transforms.deferred import defer

import clips
import decord
import numpy as np
from mmaction.datasets import transforms as stock
from mmaction.registry import TRANSFORMS
from mmcv.transforms import Compose
from mmengine.registry import init_default_scope

JITTERS = ('PerFrameColorJitter',)
WORKER = 'CPU time of a worker when the device augments'
STOCK_LACKS = ('PerFrameGray', 'ClipGray', 'ClipGaussianBlur', 'FrameDifference')


def sample_of(path: Path) -> dict:
    """What a data set gives to its pipeline."""
    return dict(filename=str(path), label=0, start_index=0, modality='RGB')


def run(pipeline: Callable, paths: list[Path]) -> list[dict]:
    """Packed samples, of the same random numbers each time."""
    done = []
    for seed, path in enumerate(paths):
        np.random.seed(seed)
        done.append(pipeline(sample_of(path)))
    return done


def decode(path: Path, indices: np.ndarray) -> np.ndarray:
    """The frames at ``indices``, by decord alone."""
    return decord.VideoReader(str(path), num_threads=1).get_batch(indices).asnumpy()


def stock_steps(pipeline: Compose) -> list:
    """MMAction2's transforms for the same job."""
    jitter = stock.ColorJitter(hue=(0.0, 0.25))  # negative shifts fail on NumPy 2
    steps = []
    for step in pipeline.transforms:
        name = type(step).__name__
        if name == 'OpenVideo':
            steps.append(stock.DecordInit(num_threads=1))
        elif name == 'DecodeFrames':
            steps.append(stock.DecordDecode())
            if step.scale is not None:
                steps.append(stock.Resize(step.scale, keep_ratio=False))
        elif isinstance(step, PerClip):
            steps.append(PerClip(stock_steps(Compose(step.transforms))))
        elif name not in STOCK_LACKS:
            steps.append(jitter if name in JITTERS else copy.deepcopy(step))
    return steps


def main() -> None:
    """Measure, print, store."""
    parser = measure.parser(__doc__, 'input_pipeline')
    parser.add_argument('--config', default='configs/mlfo/r3d18_k400.py')
    parser.add_argument('--videos', help='a folder; by default 320 x 240 H.264 and DivX are drawn')
    parser.add_argument('--samples', type=int, default=4, help='of each video, in a repeat')
    args = parser.parse_args()
    measure.as_worker()
    init_default_scope('mmaction')
    steps = [TRANSFORMS.build(step) for step in load_config(args.config).train_pipeline]
    pipeline, deferred = Compose(steps), Compose(defer(steps))
    with tempfile.TemporaryDirectory() as folder:
        paths = clips.videos(args.videos, Path(folder)) * args.samples
        sampled = run(Compose(steps[:2]), paths)  # opened and sampled, not decoded
        wanted = [np.unique(sample['frame_inds']) for sample in sampled]
        del sampled
        sides = {
            'pipeline': lambda: run(pipeline, paths),
            'decoding': lambda: [decode(*job) for job in zip(paths, wanted, strict=True)],
            'stock': lambda: run(Compose(stock_steps(pipeline)), paths),
            'deferred': lambda: run(deferred, paths),
            'reading': lambda: run(Compose(steps[:3]), paths),  # opened, sampled, decoded
        }
        times = measure.take_turns(sides, args)
    speeds = {name: len(paths) / times.median(name) for name in sides}
    for name, speed in speeds.items():
        print(f'{name:9s} {speed:6.2f} samples a second')
    ratios = {
        'speed as a share of decoding alone': times.ratio('decoding', 'pipeline'),
        'speed in stock pipelines': times.ratio('stock', 'pipeline'),
        'the same in CPU time, decoding': times.cpu_ratio('decoding', 'pipeline'),
        'the same in CPU time, stock': times.cpu_ratio('stock', 'pipeline'),
        f'{WORKER}, in that of its decoding': times.cpu_ratio('deferred', 'reading'),
        f"{WORKER}, in that of decord's": times.cpu_ratio('deferred', 'decoding'),
    }
    measure.finish(args, ratios, samples_per_second=speeds, **times.as_dict())


if __name__ == '__main__':
    main()
