"""What fuzz.py makes its inputs of: data, a checkpoint and records, whole."""

from __future__ import annotations

import os
from pathlib import Path

from fuzz_runs import run

from mlfo_mm.datasets.digits import Settings, make_digits

SMOKE, SET = 'simclr/r3d18@smoke', 'digits_motion'
EVALUATE = ('--task', 'retrieval', '--dataset', SET, '--skip-broken', '--decode-timeout', '5')
Words = list[str]


def make_samples(folder: Path) -> None:
    """Data and a checkpoint, whole, below a folder; what is there is kept."""
    make_digits(folder / 'data', Settings(num_train=16, num_test=8), workers=1, progress=False)
    os.environ['MLFO_DATA_ROOT'] = str(folder / 'data')
    results, checkpoint = folder / 'results', folder / 'run/epoch_1.pth'
    train = ['tools/train.py', SMOKE, '--work-dir', str(folder / 'run'), '--results', str(results)]
    tasks = ('linear_probe', 'retrieval', 'order', 'neighbours')
    evaluate = ['tools/evaluate.py', str(checkpoint), '--dataset', SET, '--task', *tasks]
    for words in (
        [*train, '--cfg-options', 'train_cfg.max_epochs=1'],
        [*evaluate, *places(folder)],
    ):
        ending = run(words, folder / 'log') if not (folder / 'whole').exists() else None
        if ending is not None and ending.status:
            raise RuntimeError(ending.said)
    (folder / 'whole').touch()


def places(folder: Path) -> Words:
    """Options of where an evaluation writes."""
    return ['--work-dir', str(folder / 'work'), '--results', str(folder / 'results')]
