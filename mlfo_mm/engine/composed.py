"""The composed config that a checkpoint carries: written whole, read as data, built from with care.

``meta['composed']`` of a checkpoint holds the text of the config as it was composed, options and all,
before a Runner changed it for its machine. Read as Python it could run code, so only literals and
``dict(...)`` of them are taken, and a model is built of it only if it names known modules.
"""

from __future__ import annotations

import copy
import importlib
import inspect
from collections.abc import Iterable, Mapping
from typing import Any

from mmengine.config import Config
from torch import nn

from mlfo_mm.engine.fragments import to_config
from mlfo_mm.errors import UserError
from mlfo_mm.study.config_text import read_values
from mlfo_mm.study.identity import ZEROS

# keys in the meta data of a checkpoint
COMPOSED, BATCH, SHOWN = 'composed', 'effective_batch', 'sample_shape'
KNOWN = ('mlfo_mm', 'mmaction', 'mmcv', 'mmengine', 'torch', 'torchvision')
FACTS = (
    'method', 'variant', 'backbone_name', 'pretrain_dataset', 'profile', 'normalize', 'clip_len',
    'crop_size', 'short_side', 'frame_interval', 'frame_difference', 'flip_ratio', 'time_padding',
)  # fmt: skip


def composed_text(config: Config, without: Iterable[str] = ()) -> str:
    """A config as text that :func:`read_values` reads, some top-level keys left out."""
    shown = copy.deepcopy(config)
    for key in without:
        shown.pop(key, None)
    # not laid out by yapf: the same text in all of its versions, and in a hundredth of the time
    object.__setattr__(shown, '_format_python_code', False)
    return shown.pretty_text


def carried_text(checkpoint: Mapping[str, Any]) -> object:
    """What a checkpoint says of its config; of one by other tools, what mmengine stored."""
    meta = checkpoint.get('meta')
    meta = meta if isinstance(meta, dict) else {}
    return meta.get(COMPOSED) or meta.get('cfg')


def carried_config(checkpoint: Mapping[str, Any], path: object) -> Config | None:
    """The config that a checkpoint of this project was trained with; None where it carries none.

    Args:
        checkpoint: As it was read.
        path: Where from, for messages and the config's name.

    Raises:
        UserError: Its model names a component of another package.
    """
    values = read_values(carried_text(checkpoint))
    if not all(key in values for key in ('method', 'backbone_name', 'model')):
        return None
    check_modules(values['model'], f'checkpoint {path}')
    return to_config(values, str(values.get('run') or path))


def check_modules(node: Any, where: str) -> None:
    """Refuse a model whose parts are not modules of known packages: building it could run code.

    Raises:
        UserError: The first part that is none, with what mends it.
    """
    if isinstance(node, Mapping):
        kind = node.get('type')
        if isinstance(kind, str) and '.' in kind and not _is_module(kind):
            raise UserError(
                f'{where} was trained with {kind}, which is no module of {", ".join(KNOWN)}: name '
                'the run as well, tools/evaluate.py RUN CHECKPOINT'
            )
        for value in node.values():
            check_modules(value, where)
    elif isinstance(node, list | tuple):
        for value in node:
            check_modules(value, where)


def differing(told: Mapping[str, Any], named: Mapping[str, Any]) -> str:
    """The first fact that two configs know and in which they differ: ``key one, not other``.

    A checkpoint that does not speak of the padding in time was trained with zeros.
    """
    told = {'time_padding': ZEROS, **told} if told else told
    for key in FACTS:
        if key in told and key in named and _plain(told[key]) != _plain(named[key]):
            return f'{key} {_plain(told[key])!r}, not {_plain(named[key])!r}'
    return ''


def checked_origin(checkpoint: object, carried: Mapping[str, Any], named: Config) -> None:
    """Refuse a run that is not the one that a checkpoint was trained with.

    Raises:
        UserError: The first fact in which they differ.
    """
    found = differing(carried, named)
    if found:
        raise UserError(
            f'checkpoint {checkpoint} was trained with {found}, as {named.filename} has it: leave the '
            'run out, or name the one that it was trained with'
        )


def _plain(node: Any) -> Any:
    if isinstance(node, Mapping):
        return {key: _plain(node[key]) for key in sorted(node)}
    return [_plain(item) for item in node] if isinstance(node, list | tuple) else node


def _is_module(dotted: str) -> bool:
    """Whether a dotted name is that of a torch module in one of the known packages."""
    place, _, name = dotted.rpartition('.')
    if place.split('.')[0] not in KNOWN:
        return False
    try:
        found = getattr(importlib.import_module(place), name, None)
    except ImportError:
        return False
    return inspect.isclass(found) and issubclass(found, nn.Module)
