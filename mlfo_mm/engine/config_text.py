"""The config that a checkpoint carries: read as data, and built from only if it names known modules.

mmengine stores the text of a run's config in each checkpoint. Read as Python it could run code, so
only literals and ``dict(...)`` of them are taken.
"""

from __future__ import annotations

import ast
import importlib
import inspect
from collections.abc import Mapping
from typing import Any

from mmengine.config import Config
from torch import nn

from mlfo_mm.engine.fragments import to_config
from mlfo_mm.errors import UserError

Values = dict[str, Any]
KNOWN = ('mlfo_mm', 'mmaction', 'mmcv', 'mmengine', 'torch', 'torchvision')
FACTS = (
    'method', 'variant', 'backbone_name', 'pretrain_dataset', 'profile', 'normalize', 'clip_len',
    'crop_size', 'short_side', 'frame_interval', 'frame_difference', 'flip_ratio',
)  # fmt: skip


def read_values(text: object) -> Values:
    """The values of a config's text; empty where it is none, or holds more than plain values."""
    if not isinstance(text, str):
        return {}
    try:
        return {
            statement.targets[0].id: _literal(statement.value)
            for statement in ast.parse(text).body
            if isinstance(statement, ast.Assign) and isinstance(statement.targets[0], ast.Name)
        }
    except (SyntaxError, ValueError, TypeError, RecursionError, MemoryError):
        return {}


def carried_config(text: object, path: object) -> Config | None:
    """The config that a checkpoint of this project was trained with; None where it carries none.

    Args:
        text: As it stands in the checkpoint.
        path: Of the checkpoint, for messages and the config's name.

    Raises:
        UserError: Its model names a component of another package.
    """
    values = read_values(text)
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
    """The first fact that two configs know and in which they differ: ``key one, not other``."""
    for key in FACTS:
        if key in told and key in named and _plain(told[key]) != _plain(named[key]):
            return f'{key} {_plain(told[key])!r}, not {_plain(named[key])!r}'
    return ''


def _plain(node: Any) -> Any:
    if isinstance(node, Mapping):
        return {key: _plain(node[key]) for key in sorted(node)}
    return [_plain(item) for item in node] if isinstance(node, list | tuple) else node


def _literal(node: ast.expr) -> Any:
    if isinstance(node, ast.Call):
        if not (isinstance(node.func, ast.Name) and node.func.id == 'dict') or node.args:
            raise ValueError(ast.dump(node.func))
        return {str(each.arg): _literal(each.value) for each in node.keywords}
    if isinstance(node, ast.Dict):
        pairs = zip(node.keys, node.values, strict=True)
        return {ast.literal_eval(key): _literal(value) for key, value in pairs if key is not None}
    if isinstance(node, ast.List | ast.Tuple):
        items = [_literal(item) for item in node.elts]
        return items if isinstance(node, ast.List) else tuple(items)
    return ast.literal_eval(node)


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
