"""Configs read strictly: an unknown key is an error with a suggestion, not ignored."""

from __future__ import annotations

import difflib
import inspect
from pathlib import Path
from typing import Any

from mmengine.config import Config, ConfigDict
from mmengine.config.lazy import LazyAttr, LazyObject
from mmengine.runner import Runner

from mlfo_mm.errors import UserError

# top-level keys that configs may have beside the arguments of mmengine's Runner
KNOWN_KEYS = {
    'auto_scale_lr', 'backbone_name', 'clip_len', 'crop_size', 'custom_imports', 'default_scope',
    'downstream', 'env_cfg', 'eval_frame_interval', 'frame_difference', 'method', 'normalize',
    'model_wrapper_cfg', 'pretrain_dataset', 'profile', 'resume', 'short_side', 'sync_bn',
    'test_pipeline', 'train_pipeline', 'variant', 'vis_backends',
}  # fmt: skip


def load_config(path: str | Path, options: dict[str, Any] | None = None) -> Config:
    """Read a config file, merge ``--cfg-options`` and check every key.

    Raises:
        UserError: The file is missing or broken, or a key is unknown (with did-you-mean).
    """
    if not Path(path).is_file():
        near = difflib.get_close_matches(str(path), map(str, Path('configs').rglob('*.py')), 1, 0.5)
        hint = f'; did you mean {near[0]}?' if near else ''
        raise UserError(f'config {path} does not exist{hint}')
    try:
        config = Config.fromfile(str(path), lazy_import=True)
    except Exception as error:
        raise UserError(f'cannot read config {path}: {type(error).__name__}: {error}') from error
    for key in options or {}:
        _check_option(config, key)
    if options:
        config.merge_from_dict(options)
    _check_top(config)
    for key, value in config.items():
        _check_tree(value, key)
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


def _suggest(key: str, known: list[str]) -> str:
    near = difflib.get_close_matches(key, known, 1, 0.6)
    return f'; did you mean {near[0]}?' if near else f'; known keys: {", ".join(sorted(known))}'


def _check_option(config: Config, option: str) -> None:
    node: Any = config
    *parents, _ = option.split('.')
    for depth, part in enumerate(option.split('.')):
        if isinstance(node, (list, tuple)):
            if not part.isdigit() or int(part) >= len(node):
                raise UserError(
                    f'--cfg-options {option}: {part!r} is no index of a list of {len(node)}'
                )
            node = node[int(part)]
        elif isinstance(node, (dict, Config)) and part in node:
            node = node[part]
        else:
            known = _allowed(node)
            if depth == len(parents) and known is not None and part in known:
                return
            if depth < len(parents) and known is not None and part in known:
                return
            raise UserError(
                f'--cfg-options {option}: unknown key {part!r}{_suggest(part, sorted(known or node))}'
            )


def _allowed(node: Any) -> set[str] | None:
    """Keys that a config node may have: its own, and its component's arguments where it has a type."""
    if isinstance(node, Config):
        return set(node.keys()) | KNOWN_KEYS | _parameters(Runner.__init__)
    if not isinstance(node, dict):
        return set()
    keys = set(node)
    component = _component(node)
    return keys if component is None else keys | (_parameters(component) or set())


def _component(node: dict) -> Any:
    component = node.get('type') if not isinstance(node, ConfigDict) else dict(node).get('type')
    if isinstance(component, (LazyAttr, LazyObject)):
        component = component.build()
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
    'train_dataloader.sampler': {'shuffle', 'seed'},
    'visualizer': {'name', 'save_dir'},
}
