"""Feature extraction, with decoding, storing and loading, against forward passes on clips in memory.

Prints seconds and, last, the time of extraction as a share of the forward passes'. The features are
those of retrieval, linear probe and level probe alike: the second and third task read the file.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import measure
from mlfo_mm.engine.config import load_config
from mlfo_mm.datasets.digits import Settings, make_digits
from mlfo_mm.evaluation.inference import cached_features
from mlfo_mm.evaluation.job import preprocessor
from mlfo_mm.evaluation.pipelines import ClipGeometry, dataset_config, loader_config, test_pipeline
from mlfo_mm.evaluation.recognizer import DownstreamRecognizer
from mlfo_mm.processes import keep_freed_memory

import torch
from mmengine.device import get_device
from mmengine.registry import DATASETS, init_default_scope
from mmengine.runner import Runner


def main() -> None:
    """Measure, print, store."""
    parser = measure.parser(__doc__, 'features', repeats=3)
    parser.add_argument('--config', default='configs/mlfo/r3d18_k400.py')
    parser.add_argument('--dataset', help='name of a data set; by default the embedded is drawn')
    parser.add_argument('--videos', type=int, default=16)
    parser.add_argument('--clips', type=int, default=10)
    parser.add_argument('--batch', type=int, default=2, help='videos at a time')
    parser.add_argument('--workers', type=int, default=1)
    parser.add_argument('--bf16', action='store_true', help='bfloat16 autocast')
    args = parser.parse_args()
    keep_freed_memory()
    init_default_scope('mmaction')
    config, device = load_config(args.config), get_device()
    geometry = ClipGeometry.from_config(config)
    model = DownstreamRecognizer(config.model.backbone, data_preprocessor=preprocessor(config))
    model.to(device).eval()
    with tempfile.TemporaryDirectory() as made:
        name = args.dataset or 'digits_motion'
        if args.dataset is None:
            # in this process: others would import this script without what it needs
            settings = Settings(num_train=args.videos, num_test=8, size=(128, 96))
            make_digits(Path(made), settings, workers=1, progress=False)
            os.environ['MLFO_DATA_ROOT'] = made
        pipeline = test_pipeline(geometry, args.clips)
        data = dataset_config(name, 'train', 1, pipeline, True, False, 0) | dict(
            indices=args.videos
        )
        loader = loader_config(DATASETS.build(data), args.batch, 0, shuffle=False)
        batches = list(Runner.build_dataloader(loader))
        folder = Path(made) / 'features'

        def extract() -> None:
            cached_features(
                model, data, {}, folder, args.batch, args.workers, args.bf16, 'extraction'
            )

        def extract_anew() -> None:
            shutil.rmtree(folder, ignore_errors=True)
            extract()

        def forward() -> None:
            autocast = torch.autocast(device.split(':')[0], torch.bfloat16, enabled=args.bf16)
            with torch.inference_mode(), autocast:
                for batch in batches:
                    model.test_step(dict(batch))

        sides = {'extraction': extract_anew, 'again': extract, 'forward': forward}
        times = measure.take_turns(sides, args, measure.wait_for(device))
    for side in sides:
        print(f'{side:10s} {times.median(side):.3f} s')
    ratios = {
        'time of extraction in forward passes': times.ratio('extraction', 'forward'),
        'of another task with the same features': times.ratio('again', 'forward'),
        'CPU time of this process, without workers': times.cpu_ratio('extraction', 'forward'),
    }
    measure.finish(args, ratios, device=device, **times.as_dict())


if __name__ == '__main__':
    main()
