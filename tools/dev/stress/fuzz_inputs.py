"""What fuzz.py gives to the tools: for each kind, an input made of whole samples, and who reads it."""

from __future__ import annotations

import json
import os
import random
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import fuzz_values
from fuzz_checkpoints import checkpoints
from fuzz_samples import EVALUATE, SET, SMOKE, Words, places

from mlfo_mm.engine.compose import compose
from mlfo_mm.study.methods import cards
from mlfo_mm.study.runs import parse_run


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
            ['tools/evaluate.py', SMOKE, 'none', *EVALUATE, *places(folder)],
            ['tools/data/check_videos.py', SET, '--workers', '1', '--output', f'{folder}/report.csv'],
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
    limits = ('--workers', '1', '--decode-timeout', '5')
    return rng.choice(
        (
            ['tools/data/check_videos.py', SET, *limits, '--output', f'{folder}/report.csv'],
            ['tools/data/build_frame_cache.py', SET, *limits],
            ['tools/evaluate.py', SMOKE, 'none', *EVALUATE, *places(folder)],
        )
    )


def options(rng: random.Random, folder: Path, samples: Path) -> Words:
    """Arguments: any key of any method's config with any value, every other time one near its own."""
    run = f'{rng.choice(sorted(cards()))}/r3d18@smoke'
    leaves = dict(_leaves(compose(parse_run(run)), ''))
    own = [key for key in leaves if key.startswith(('model.', 'sampler.'))]
    pairs = []
    for _ in range(rng.randrange(1, 3)):
        key = rng.choice(rng.choice((own, [*leaves])))
        said = rng.choice((fuzz_values.value(rng), _near(rng, leaves[key])))
        text = said if isinstance(said, str) else repr(said)
        pairs.append(f'{key}={text}'.replace('\0', '')[:10_000])
    words = ['tools/print_config.py', run]
    if rng.random() < 0.5:
        words = ['tools/train.py', run, '--work-dir', str(folder / 'run')]
        pairs = ['train_cfg.max_epochs=1', *pairs]
    return [*words, '--cfg-options', *pairs]


def _near(rng: random.Random, value: Any) -> Any:
    """A value that a slip of the hand may put in another's place."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return rng.choice((None, 0, -1, [], True))
    return rng.choice((None, 0, -1, -value, value + 1, value - 1, value / 2, 2 * value))


def _leaves(node: Any, place: str) -> Iterator[tuple[str, Any]]:
    """Every key below a node, by its whole name, with its value."""
    pairs = node.items() if isinstance(node, dict) else enumerate(node)
    for key, each in pairs:
        yield f'{place}{key}', each
        if isinstance(each, dict | list | tuple):
            yield from _leaves(each, f'{place}{key}.')


KINDS: dict[str, Callable[[random.Random, Path, Path], Words]] = {
    each.__name__: each for each in (records, checkpoints, lists, videos, options)
}
