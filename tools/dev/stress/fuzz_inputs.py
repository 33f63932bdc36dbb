"""What fuzz.py gives to the tools: for each kind, whole samples and inputs made of them."""

from __future__ import annotations

import json
import os
import random
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import fuzz_values
import torch
from fuzz_runs import run

from mlfo_mm.datasets.digits import Settings, make_digits
from mlfo_mm.engine.compose import compose
from mlfo_mm.study.runs import parse_run

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
        [*evaluate, *_places(folder)],
    ):
        ending = run(words, folder / 'log') if not (folder / 'whole').exists() else None
        if ending is not None and ending.status:
            raise RuntimeError(ending.said)
    (folder / 'whole').touch()


def records(rng: random.Random, folder: Path, samples: Path) -> Words:
    """Records of a run and its evaluations, one of them changed, for what reads records."""
    into = folder / 'results/records/smoke'
    shutil.copytree(samples / 'results/records/smoke', into)
    path = rng.choice(sorted(into.iterdir()))
    if rng.random() < 0.1:
        path.write_bytes(fuzz_values.mangled(rng, path.read_bytes()))
    else:
        record = fuzz_values.changed(rng, _thinned(json.loads(path.read_text())))
        path.write_text(json.dumps(record))
    tools = (
        ['tools/make_tables.py'],
        ['tools/make_figures.py'],
        ['tools/compare.py', 'mlfo', 'simclr', 'random'],
        ['tools/benchmark.py', 'report'],
    )
    words = rng.choices(tools, (6, 2, 3, 2))[0]
    return [*words, '--profile', 'smoke', '--results', str(folder / 'results')]


def _thinned(record: Any) -> Any:
    """A record with lists of three at most: a change is to hit each key about as often."""
    if isinstance(record, dict):
        return {key: _thinned(each) for key, each in record.items()}
    return [_thinned(each) for each in record[:3]] if isinstance(record, list) else record


def checkpoints(rng: random.Random, folder: Path, samples: Path) -> Words:
    """A checkpoint whose bytes, structure or tensors are changed, for what reads checkpoints."""
    whole, path = samples / 'run/epoch_1.pth', folder / 'epoch_1.pth'
    if rng.random() < 0.3:
        path.write_bytes(fuzz_values.mangled(rng, whole.read_bytes()))
    else:
        content = torch.load(whole, weights_only=True)
        for part in ('state_dict', 'optimizer', 'message_hub'):
            if rng.random() < 0.2:
                content[part] = fuzz_values.changed(rng, content[part])
        if rng.random() < 0.5:
            content['meta'] = fuzz_values.changed(rng, content['meta'])
        if rng.random() < 0.5:
            key = rng.choice([*content['state_dict']])
            content['state_dict'][key] = rng.choice(_tensors(content['state_dict'][key]))
        if rng.random() < 0.2:
            content = {rng.choice(('model', 'student', '\x1b[2J', 'state_dict')): content}
        torch.save(content if rng.random() < 0.9 else fuzz_values.value(rng), path)
    train = ['tools/train.py', SMOKE, '--work-dir', str(folder / 'run'), '--resume', str(path)]
    return rng.choice(
        (
            ['tools/evaluate.py', str(path), *EVALUATE, *_places(folder)],
            ['tools/convert_checkpoint.py', 'export', str(path), str(folder / 'a.safetensors')],
            ['tools/record_pretraining.py', str(folder), '--results', str(folder / 'results')],
            train,
        )
    )


def _tensors(like: Any) -> list[Any]:
    if not isinstance(like, torch.Tensor):
        return [torch.ones(2, device='meta')]
    return [
        torch.empty(like.shape, device='meta'),
        torch.ones(2, 2).to_sparse(),
        torch.ones(1).expand(10**9),
        like.to(torch.complex64),
        like.to(torch.bool),
        like.half() if like.is_floating_point() else like.float(),
        torch.full_like(like, float('nan')) if like.is_floating_point() else like,
        torch.tensor([]),
    ]


def lists(rng: random.Random, folder: Path, samples: Path) -> Words:
    """A data set with one of its lists changed."""
    root = folder / 'data'
    shutil.copytree(samples / 'data', root)
    os.environ['MLFO_DATA_ROOT'] = str(root)
    path = root / SET / rng.choice(('train.txt', 'test.txt', 'classes.txt'))
    content = path.read_bytes()
    if rng.random() < 0.5:
        lines = content.splitlines(keepends=True)
        at = rng.randrange(len(lines))
        text = rng.choice(fuzz_values.TEXTS).encode(errors='replace')
        lines[at] = rng.choice(
            (lines[0], text + b' 1\n', lines[at][:-2] + text + b'\n', b'\n', text)
        )
        content = b''.join(lines)
    else:
        content = fuzz_values.mangled(rng, content)
    path.write_bytes(content)
    return rng.choice(
        (
            ['tools/train.py', SMOKE, '--preflight', '1'],
            ['tools/train.py', SMOKE, '--work-dir', str(folder / 'run'), '--cfg-options',
             'train_cfg.max_epochs=1'],
            ['tools/evaluate.py', SMOKE, 'none', *EVALUATE, *_places(folder)],
            ['tools/data/check_videos.py', SET, '--workers', '1', '--report', f'{folder}/report.csv'],
        )
    )  # fmt: skip


def videos(rng: random.Random, folder: Path, samples: Path) -> Words:
    """A data set one of whose videos has other bytes."""
    root = folder / 'data'
    shutil.copytree(samples / 'data', root)
    os.environ['MLFO_DATA_ROOT'] = str(root)
    os.environ['MLFO_FRAME_CACHE'] = str(folder / 'frames')
    path = rng.choice(sorted(root.rglob('*.mp4')))
    path.write_bytes(fuzz_values.mangled(rng, path.read_bytes()))
    limits = ('--workers', '1', '--timeout', '5')
    return rng.choice(
        (
            ['tools/data/check_videos.py', SET, *limits, '--report', f'{folder}/report.csv'],
            ['tools/data/build_frame_cache.py', SET, *limits],
            ['tools/evaluate.py', SMOKE, 'none', *EVALUATE, *_places(folder)],
        )
    )


def options(rng: random.Random, folder: Path, samples: Path) -> Words:
    """Arguments: any key of a config with any value."""
    keys = [*_keys(compose(parse_run(SMOKE)), '')]
    pairs = []
    for _ in range(rng.randrange(1, 3)):
        said = fuzz_values.value(rng)
        text = said if isinstance(said, str) else repr(said)
        pairs.append(f'{rng.choice(keys)}={text}'.replace('\0', '')[:10_000])
    words = ['tools/print_config.py', SMOKE]
    if rng.random() < 0.5:
        words = ['tools/train.py', SMOKE, '--work-dir', str(folder / 'run')]
        pairs = ['train_cfg.max_epochs=1', *pairs]
    return [*words, '--cfg-options', *pairs]


def _keys(node: Any, place: str) -> list[str]:
    found = []
    pairs = node.items() if isinstance(node, dict) else enumerate(node)
    for key, each in pairs:
        found.append(f'{place}{key}')
        if isinstance(each, dict | list | tuple) and each:
            found += _keys(each, f'{place}{key}.')
    return found


def _places(folder: Path) -> Words:
    return ['--work-dir', str(folder / 'work'), '--results', str(folder / 'results')]


KINDS: dict[str, Callable[[random.Random, Path, Path], Words]] = {
    each.__name__: each for each in (records, checkpoints, lists, videos, options)
}
