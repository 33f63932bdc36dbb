"""An epoch of a small data set from the frame cache against decoding each time, in one process.

Three epochs: reading alone, what a worker does when the device augments, and the whole training pipeline.
Prints how many times faster each is with the cache; last, that of a worker when the device augments.
"""

from __future__ import annotations

import os
import tempfile
from functools import partial
from pathlib import Path

import measure
from mlfo_mm.engine.config import load_config
from mlfo_mm.datasets.annotation import data_roots, find_dataset
from mlfo_mm.datasets.check import collect_videos
from mlfo_mm.datasets.frame_cache import VARIABLE, build
from mlfo_mm.datasets.digits import Settings, make_digits
from mlfo_mm.datasets.transforms.decode import decode_all

from mmaction.registry import DATASETS
from mmengine.registry import init_default_scope


def epoch(dataset: object, folder: Path | None) -> None:
    """Read every sample, with the cache in ``folder`` or without one."""
    os.environ.pop(VARIABLE, None)
    if folder is not None:
        os.environ[VARIABLE] = str(folder)
    for index in range(len(dataset)):
        dataset[index]


def main() -> None:
    """Measure, print, store."""
    parser = measure.parser(__doc__, 'frame_cache', repeats=3)
    parser.add_argument('--config', default='mlfo/r3d18@mini')
    parser.add_argument('--dataset', help='name of a small one; by default the embedded is drawn')
    parser.add_argument('--videos', type=int, default=32, help='at most so many')
    args = parser.parse_args()
    measure.as_worker()
    init_default_scope('mmaction')
    config = load_config(args.config).train_dataloader.dataset
    with tempfile.TemporaryDirectory() as made:
        name = args.dataset
        if name is None:
            name = 'digits_motion'
            settings = Settings(num_train=args.videos, num_test=8, size=(128, 96))
            make_digits(Path(made), settings, workers=1, progress=False)
            os.environ['MLFO_DATA_ROOT'] = made
        root, cache = find_dataset(name, data_roots()[0]), Path(made) / 'frames'
        videos = [root.absolute() / path for path in collect_videos(root)]
        built = build(cache, videos, partial(decode_all, timeout=60.0), progress=False)
        config.update(dataset=name, indices=args.videos)
        reading = dict(config, pipeline=config.pipeline[:3])
        datasets = {
            'with augmentation on the device': DATASETS.build(dict(config, augment='device')),
            'reading alone': DATASETS.build(reading),
            'whole pipeline': DATASETS.build(config),
        }
        sides = {
            (kind, how): partial(epoch, dataset, cache if how else None)
            for kind, dataset in datasets.items()
            for how in (False, True)
        }
        times = measure.take_turns(
            {f'{k}, {"cached" if h else "decoded"}': f for (k, h), f in sides.items()}, args
        )
    ratios = {
        f'speed of an epoch, {kind}': times.ratio(f'{kind}, decoded', f'{kind}, cached')
        for kind in datasets
    }
    print(f'{built.new} videos, {built.size / 1e6:.0f} MB in the cache')
    measure.finish(args, ratios, cache_bytes=built.size, **times.as_dict())


if __name__ == '__main__':
    main()
