"""Values of configs: what keys must be there, of which kind their values are, and that no number is NaN."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from mmengine.config import Config

from mlfo_mm.arguments import LARGEST_SEED, PLAIN
from mlfo_mm.engine.strict import takes_none
from mlfo_mm.errors import UserError
from mlfo_mm.study.config_text import look_up
from mlfo_mm.study.identity import TIME_PADDINGS

TRAINING = (
    'model', 'method', 'variant', 'backbone_name', 'pretrain_dataset', 'randomness.seed',
    'train_dataloader.batch_size', 'train_dataloader.dataset.dataset', 'train_cfg.max_epochs',
    'optim_wrapper.optimizer.lr',
)  # fmt: skip


LARGEST = 2**62  # what torch and NumPy hold


@dataclass(frozen=True)
class Kind:
    """What a value must be, in words and as a test."""

    words: str
    fits: Callable[[Any], bool]


def _whole(least: int, most: int = LARGEST) -> Kind:
    def fits(value: Any) -> bool:
        return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most

    to = '' if most == LARGEST else f' and at most {most}'
    return Kind(f'a whole number of at least {least}{to}', fits)


def _number(words: str, fits: Callable[[float], bool]) -> Kind:
    def known(value: Any) -> bool:
        return isinstance(value, int | float) and not isinstance(value, bool) and fits(value)

    return Kind(words, known)


def _is_list(value: Any) -> bool:
    return isinstance(value, list | tuple) and len(value) > 0


def _or_none(kind: Kind) -> Kind:
    return Kind(f'{kind.words}, or None', lambda value: value is None or kind.fits(value))


TEXT = Kind('a text', lambda value: isinstance(value, str))
COUNT, NATURAL, SEED = _whole(1), _whole(0), _whole(0, LARGEST_SEED)
POSITIVE = _number('a number above 0', lambda value: value > 0)
KINDS = {
    'method': TEXT,
    'variant': TEXT,
    'backbone_name': TEXT,
    'profile': TEXT,
    'pretrain_dataset': TEXT,
    'clip_len': COUNT,
    'crop_size': COUNT,
    'short_side': COUNT,
    'frame_interval': COUNT,
    'time_padding': Kind(f'one of {", ".join(TIME_PADDINGS)}', TIME_PADDINGS.__contains__),
    'flip_ratio': _number('a share from 0 to 1', lambda value: 0 <= value <= 1),
    'train_cfg.max_epochs': COUNT,
    'train_dataloader.batch_size': COUNT,
    'train_dataloader.num_workers': NATURAL,
    'train_dataloader.dataset.dataset': TEXT,
    'train_dataloader.dataset.split': COUNT,
    'train_dataloader.dataset.seed': SEED,
    'train_dataloader.dataset.max_corrupt': _number(
        'a share from 0 to 1', lambda value: 0 <= value <= 1
    ),
    'train_dataloader.dataset.decode_timeout': _or_none(POSITIVE),
    'work_dir': _or_none(TEXT),
    'load_from': _or_none(TEXT),
    'train_dataloader.dataset.on_corrupt': Kind(
        "'replace' or 'error': training keeps its batches full",
        (None, 'replace', 'error').__contains__,
    ),
    'optim_wrapper.optimizer.lr': POSITIVE,
    'optim_wrapper.optimizer.weight_decay': _number(
        'a number of at least 0', lambda value: value >= 0
    ),
    'randomness.seed': _or_none(SEED),
    'auto_scale_lr.base_batch_size': COUNT,
    'downstream.num_clips': COUNT,
    'downstream.batch_size': COUNT,
    'downstream.train_batch_size': COUNT,
    'downstream.num_workers': NATURAL,
    'downstream.topk': Kind(
        'a whole number of at least 1, or a list of such',
        lambda value: all(map(COUNT.fits, value)) if _is_list(value) else COUNT.fits(value),
    ),
}
NAMES = {bool: 'True or False', str: 'a text', dict: 'a dict', list: 'a list', tuple: 'a list'}


def check_values(config: Config) -> None:
    """Raise a UserError for a value of a wrong kind, and for a number that is not finite."""
    missing = object()
    for key, kind in KINDS.items():
        value = look_up(config, key, missing)
        if value is not missing and not kind.fits(value):
            raise UserError(f'{config.filename}: {key}={value!r:.80}, must be {kind.words}')
    crop, side = config.get('crop_size'), config.get('short_side')
    if crop and side and crop > side:
        raise UserError(f'{config.filename}: crop_size={crop} is larger than short_side={side}')
    for key, value in config.items():
        _check_finite(value, key, str(config.filename))


def require(config: Config, keys: Iterable[str] = TRAINING) -> None:
    """Raise a UserError for the first key that a config lacks."""
    missing = object()
    for key in keys:
        if look_up(config, key, missing) is missing:
            raise UserError(f'{config.filename}: the key {key} is missing')


def _may_be_none(config: Config, key: str, current: Any) -> bool:
    home, _, name = key.rpartition('.')
    node = look_up(config, home)
    # a part of the model whose class it knows itself
    if home.startswith('model.') and isinstance(node, dict) and 'type' not in node:
        return not isinstance(current, int | float)
    return takes_none(node, name)


def check_kind(config: Config, key: str, value: Any) -> None:
    """Raise a UserError where an option would put a value of another kind in a value's place."""
    current = look_up(config, key)
    if value is None and key not in KINDS and not _may_be_none(config, key, current):
        raise UserError(
            f'--cfg-options {key}=None: must be a value, the config has {current!r:.80}'
        )
    kinds = [kind for kind in PLAIN if isinstance(current, kind)]
    if not kinds or not isinstance(value, PLAIN) or key.split('.')[-1] == 'type':
        return
    name = NAMES.get(kinds[0], 'a number')
    if isinstance(value, bool):
        given = NAMES[bool]
    else:
        given = next((NAMES[kind] for kind in NAMES if isinstance(value, kind)), 'a number')
    if given != name:
        raise UserError(
            f'--cfg-options {key}={value!r:.80}: must be {name}, the config has {current!r:.80}'
        )


def _check_finite(node: Any, path: str, where: str) -> None:
    if isinstance(node, float) and not math.isfinite(node):
        raise UserError(f'{where}: {path}={node}, must be a finite number')
    if isinstance(node, dict):
        # not its values(): those of a lazy config build the classes that they name
        for key in node:
            value = dict.__getitem__(node, key)
            _check_finite(value, f'{path}.{key}', where)
    elif isinstance(node, (list, tuple)):
        for index, value in enumerate(node):
            _check_finite(value, f'{path}.{index}', where)
