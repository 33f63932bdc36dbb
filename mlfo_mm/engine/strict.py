"""An unknown key of a config is an error with a suggestion, not ignored."""

from __future__ import annotations

import contextlib
import importlib
import inspect
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from mmengine.config import Config
from mmengine.runner import Runner

from mlfo_mm.engine.composed import KNOWN
from mlfo_mm.engine.facts import check_source
from mlfo_mm.engine.fragments import DATA, index_in, leaves, to_config
from mlfo_mm.errors import UserError, did_you_mean

# top-level keys that configs may have beside the arguments of mmengine's Runner
KNOWN_KEYS = {
    'auto_scale_lr', 'backbone', 'backbone_name', 'clip_len', 'crop_size', 'custom_imports',
    'default_scope', 'downstream', 'env_cfg', 'flip_ratio', 'frame_difference', 'frame_interval',
    'method', 'model_wrapper_cfg', 'normalize', 'own_views', 'pretext_step', 'pretrain_dataset',
    'profile', 'reader', 'resume', 'run', 'sampler', 'short_side', 'sync_bn', 'test_pipeline', 'time_padding',
    'train_pipeline', 'variant', 'views', 'vis_backends',
}  # fmt: skip
MAY_ADD = ('model.', 'default_hooks.', 'views.')  # below these a file of changes may add keys
# nodes that a factory reads before the component is built
UNCHECKED = {
    'model.backbone': {'time_padding'},
    'optim_wrapper': {'constructor', 'paramwise_cfg'},
    'param_scheduler': {'convert_to_iter_based'},  # each of them
    'train_dataloader.sampler': {'shuffle', 'seed'},
    'visualizer': {'name', 'save_dir'},
}


def check_change(values: Mapping[str, Any], change: Mapping[str, Any], path: Path) -> None:
    """Refuse a file of changes that sets a key that the config does not have, or what is made."""
    config = to_config(values, str(path))
    for key in leaves(change):
        check_source(values, key, f'{path}:')
        check_key(config, key, f'{path}:', may_add=key.startswith(MAY_ADD))


def check_key(config: Config, dotted: str, source: str, may_add: bool = False) -> None:
    """Refuse a key that the config does not have; one that looks like another even if it may add."""
    node: Any = config
    parts = dotted.split('.')
    for depth, part in enumerate(parts):
        if isinstance(node, list | tuple):
            index = index_in(node, part)
            if index is None:
                raise UserError(f'{source} {dotted}: {part!r} is no index of a list of {len(node)}')
            node = node[index]
        elif isinstance(node, dict | Config) and part in node:
            node = node[part]
        else:
            known = sorted(_allowed(node) | _unchecked('.'.join(parts[:depth])))
            if part in known or (may_add and not did_you_mean(part, known)):
                return
            if not isinstance(node, dict | Config):
                home = '.'.join(parts[:depth])
                raise UserError(f'{source} {dotted}: {home}={node!r:.80} holds no keys')
            deeper = [path for path in leaves(config.to_dict()) if path.endswith(f'.{dotted}')]
            near = f' (did you mean {deeper[0]!r}?)' if deeper else _suggest(part, known)
            raise UserError(f'{source} {dotted}: unknown key {part!r}{near}')


def check_config(config: Config) -> None:
    """Refuse a config with a key that neither a tool nor the component that it belongs to knows."""
    known = KNOWN_KEYS | _parameters(Runner.__init__) | {'train_dataloader'}
    for key, value in config.items():
        if key not in known and isinstance(value, DATA) and not key.startswith('_'):
            raise UserError(f'{config.filename}: unknown key {key!r}{_suggest(key, sorted(known))}')
        _check_tree(value, key)


def _suggest(key: str, known: list[str]) -> str:
    return did_you_mean(key, known) or f'; known keys: {", ".join(sorted(known))}'


def _allowed(node: Any) -> set[str]:
    """Keys that a config node may have: its own, and its component's arguments where it has a type."""
    if isinstance(node, Config) and 'model' not in node:  # a task's: whatever trains stands there
        return set(node.keys())
    if isinstance(node, Config):
        return set(node.keys()) | KNOWN_KEYS | (_parameters(Runner.__init__) or set())
    if not isinstance(node, dict):
        return set()
    keys = set(node)
    component = _component(node)
    return keys if component is None else keys | (_parameters(component) or set())


def _unchecked(path: str) -> set[str]:
    """Keys of a node that its component need not know; those of a list are those of its items."""
    home, _, index = path.rpartition('.')
    return UNCHECKED.get(home if index.isdigit() else path, set())


def _component(node: dict) -> Any:
    component = node.get('type')  # mmengine builds a lazy one
    if isinstance(component, str) and component.split('.')[0] in KNOWN:  # of a printed config
        place, _, name = component.rpartition('.')
        with contextlib.suppress(ImportError, ValueError):  # who builds it says so
            component = getattr(importlib.import_module(place), name, None)
    return component if inspect.isclass(component) else None


def _parameters(component: Any) -> set[str] | None:
    """Names of a component's arguments; None where it swallows any keyword."""
    names: set[str] = set()
    classes = component.__mro__ if inspect.isclass(component) else [component]
    for cls in classes:
        init = cls.__dict__.get('__init__') if inspect.isclass(cls) else cls
        if init is None:
            continue
        try:
            parameters = inspect.signature(init).parameters.values()
        except (TypeError, ValueError):
            return None
        names |= {p.name for p in parameters if p.kind is not p.VAR_KEYWORD} - {'self'}
        if not any(p.kind is p.VAR_KEYWORD for p in parameters):
            return names
    return None


def takes_none(node: Any, key: str) -> bool:
    """Whether an argument of a node's component may be None, as far as its annotation says."""
    component = _component(node) if isinstance(node, dict) else None
    for cls in component.__mro__ if component is not None else ():
        parameter = inspect.signature(cls.__init__).parameters.get(key)
        if parameter is not None:
            bare = parameter.annotation is parameter.empty or parameter.default is None
            return bare or bool(re.search('None|Optional|Any', str(parameter.annotation)))
    return True


def _check_tree(node: Any, path: str) -> None:
    if isinstance(node, list | tuple):
        for index, item in enumerate(node):
            _check_tree(item, f'{path}.{index}')
    elif isinstance(node, dict):
        component = _component(node)
        known = _parameters(component) if component is not None else None
        for key, value in dict(node).items():
            extra = {'type', '_scope_', 'begin_epoch'} | _unchecked(path)
            if known is not None and key not in known | extra:
                raise UserError(
                    f'{path}: {component.__name__} has no argument {key!r}{_suggest(key, sorted(known))}'
                )
            _check_tree(value, f'{path}.{key}')
