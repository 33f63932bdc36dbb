"""Configs read strictly: an unknown key is an error with a suggestion, not ignored."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from mmengine.config import Config, ConfigDict
from mmengine.runner import Runner

from mlfo_mm.engine.config_values import check_kind, check_values
from mlfo_mm.errors import UserError, did_you_mean

# top-level keys that configs may have beside the arguments of mmengine's Runner
KNOWN_KEYS = {
    'auto_scale_lr', 'backbone_name', 'clip_len', 'crop_size', 'custom_imports', 'default_scope',
    'downstream', 'env_cfg', 'eval_frame_interval', 'frame_difference', 'method', 'normalize',
    'model_wrapper_cfg', 'pretrain_dataset', 'profile', 'resume', 'short_side', 'sync_bn',
    'test_pipeline', 'train_pipeline', 'variant', 'vis_backends',
}  # fmt: skip


def load_config(path: str | Path, options: dict[str, Any] | None = None) -> Config:
    """Read a config, merge files of changes and ``--cfg-options``, and check every key.

    Args:
        path: A config file, or one and files of changes joined by ``+``:
            ``configs/mlfo/r3d18_mini.py+configs/mlfo/ablations/one_hot.py``. Dicts are merged,
            ``_delete_=True`` replaces one, None drops a part. Below ``model`` and
            ``default_hooks`` a change may add keys.
        options: Dotted keys and their values, merged last.

    Returns:
        The config; its ``filename`` is the first file's with the names of the changes added:
        ``configs/mlfo/r3d18_mini+one_hot.py``.

    Raises:
        UserError: A file is missing or broken, or a key is unknown (with did-you-mean).
    """
    base, *changes = re.split(r'(?<=\.py)\+', str(path))
    config = _read(base)
    if not _is_whole(config):
        raise UserError(
            f'{base} holds only changes: join it to a config by +, for instance '
            f'python tools/train.py configs/mlfo/r3d18_mini.py+{base}'
        )
    for change in changes:
        _apply(config, change)
    if changes:
        name = '+'.join(Path(part).stem for part in (base, *changes))
        # mmengine has no setter: an attribute of a config is a key of it
        object.__setattr__(config, '_filename', str(Path(base).with_name(f'{name}.py')))
    for key, value in (options or {}).items():
        _check_key(config, key, '--cfg-options')
        check_kind(config, key, value)
    if options:
        config.merge_from_dict(options)
    _check_top(config)
    for key, value in config.items():
        _check_tree(value, key)
    check_values(config)
    return config


def scaled_learning_rate(config: Config, world_size: int, enable: bool) -> str:
    """Compare batch and learning rate with the paper's; scale the rate linearly where asked.

    Returns:
        The line that every training run prints.
    """
    batch = config.train_dataloader.batch_size * world_size
    base = config.get('auto_scale_lr', {}).get('base_batch_size')
    rate = config.optim_wrapper.optimizer.lr
    line = f'effective batch {config.train_dataloader.batch_size} x {world_size} = {batch}'
    line += f', learning rate {rate:g}'
    if base is None:
        return line
    line += f' (the paper: batch {base}'
    if batch == base:
        return line + ', the same)'
    if enable:
        config.optim_wrapper.optimizer.lr = rate * batch / base
        return line + f'); scaled to {config.optim_wrapper.optimizer.lr:g} (--auto-scale-lr)'
    return line + f'); warning: batch differs, --auto-scale-lr would use {rate * batch / base:g}'


def _read(path: str) -> Config:
    if not Path(path).is_file():
        near = did_you_mean(path, map(str, Path('configs').rglob('*.py')))
        raise UserError(f'config {path} does not exist{near}')
    try:
        return Config.fromfile(path, lazy_import=True)
    except Exception as error:
        said = ' '.join(f'{type(error).__name__}: {error}'.split())
        raise UserError(f'cannot read config {path}: {said}') from error


def _is_whole(config: Config) -> bool:
    """Whether a file can stand alone: it names a model or a protocol."""
    return 'type' in (config.get('model') or {}) or 'downstream' in config


def _apply(config: Config, path: str) -> None:
    """Merge a file of changes into a config."""
    change = _read(path)
    if _is_whole(change):
        raise UserError(f'{path} is a whole config: only files of changes are joined by +')
    ConfigDict.lazy = True  # classes stay unbuilt: a config with built ones cannot be written
    try:
        values = {
            key: value
            for key, value in change.items()
            if isinstance(value, _DATA) and not key.startswith('_')
        }
        keys = list(_leaves(values))
    finally:
        ConfigDict.lazy = False
    for key in keys:
        _check_key(config, key, f'{path}:', may_add=key.startswith(('model.', 'default_hooks.')))
    ConfigDict.lazy = True
    try:
        config.merge_from_dict(values)
    except (KeyError, TypeError) as error:
        raise UserError(f'{path}: {error}') from error
    finally:
        ConfigDict.lazy = False


def _leaves(values: dict, path: str = '') -> Iterator[str]:
    """Dotted keys of all values that a file of changes sets."""
    for key, value in values.items():
        if isinstance(value, dict) and value and '_delete_' not in value:
            yield from _leaves(value, f'{path}{key}.')
        else:
            yield f'{path}{key}'


def _suggest(key: str, known: list[str]) -> str:
    return did_you_mean(key, known) or f'; known keys: {", ".join(sorted(known))}'


def _check_key(config: Config, dotted: str, source: str, may_add: bool = False) -> None:
    """Refuse a key that the config does not have; one that looks like another even if it may add."""
    node: Any = config
    parts = dotted.split('.')
    for depth, part in enumerate(parts):
        if isinstance(node, (list, tuple)):
            if not part.isdigit() or int(part) >= len(node):
                raise UserError(f'{source} {dotted}: {part!r} is no index of a list of {len(node)}')
            node = node[int(part)]
        elif isinstance(node, (dict, Config)) and part in node:
            node = node[part]
        else:
            known = sorted(_allowed(node) | _UNCHECKED.get('.'.join(parts[:depth]), set()))
            if part in known or (may_add and not did_you_mean(part, known)):
                return
            raise UserError(f'{source} {dotted}: unknown key {part!r}{_suggest(part, known)}')


def _allowed(node: Any) -> set[str]:
    """Keys that a config node may have: its own, and its component's arguments where it has a type."""
    if isinstance(node, Config):
        return set(node.keys()) | KNOWN_KEYS | (_parameters(Runner.__init__) or set())
    if not isinstance(node, dict):
        return set()
    keys = set(node)
    component = _component(node)
    return keys if component is None else keys | (_parameters(component) or set())


def _component(node: dict) -> Any:
    component = node.get('type')  # mmengine builds a lazy one
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


def _check_top(config: Config) -> None:
    known = KNOWN_KEYS | _parameters(Runner.__init__) | {'train_dataloader'}
    for key, value in config.items():
        if key not in known and isinstance(value, _DATA) and not key.startswith('_'):
            raise UserError(f'{config.filename}: unknown key {key!r}{_suggest(key, sorted(known))}')


def _check_tree(node: Any, path: str) -> None:
    if isinstance(node, (list, tuple)):
        for index, item in enumerate(node):
            _check_tree(item, f'{path}.{index}')
    elif isinstance(node, dict):
        component = _component(node)
        known = _parameters(component) if component is not None else None
        for key, value in dict(node).items():
            extra = {'type', '_scope_', 'begin_epoch'} | _UNCHECKED.get(path, set())
            if known is not None and key not in known | extra:
                raise UserError(
                    f'{path}: {component.__name__} has no argument {key!r}{_suggest(key, sorted(known))}'
                )
            _check_tree(value, f'{path}.{key}')


_DATA = (dict, list, tuple, str, int, float, bool, type(None))  # not what a lazy config imports

# nodes that a factory reads before the component is built
_UNCHECKED = {
    'optim_wrapper': {'constructor', 'paramwise_cfg'},
    'train_dataloader.sampler': {'shuffle', 'seed'},
    'visualizer': {'name', 'save_dir'},
}
