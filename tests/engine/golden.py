"""What a config says and builds, in a normal form that does not depend on how the config is written."""

from __future__ import annotations

import copy
import hashlib
from collections.abc import Mapping
from typing import Any

from mmaction.registry import MODELS, TRANSFORMS
from mmengine.config import Config

# what a run depends on; names that configs were given besides are left out
KEYS = (
    'method', 'variant', 'backbone_name', 'profile', 'pretrain_dataset', 'clip_len', 'crop_size',
    'short_side', 'frame_interval', 'frame_difference', 'normalize', 'model', 'train_dataloader',
    'train_cfg', 'optim_wrapper', 'param_scheduler', 'auto_scale_lr', 'sync_bn', 'default_hooks',
    'custom_hooks', 'env_cfg', 'log_processor', 'visualizer', 'log_level', 'randomness',
    'model_wrapper_cfg', 'default_scope', 'downstream',
)  # fmt: skip
OLD_NAMES = {'eval_frame_interval': 'frame_interval'}


def plain(node: Any) -> Any:
    """A value as JSON holds it: classes by their names, tuples as lists, keys sorted."""
    if isinstance(node, Mapping):
        values = {str(key): plain(dict.__getitem__(node, key)) for key in sorted(node, key=str)}
        if isinstance(values.get('type'), str):
            values['type'] = values['type'].rsplit('.', 1)[-1]
        return values
    if isinstance(node, list | tuple):
        return [plain(item) for item in node]
    if node is None or isinstance(node, bool | int | str):
        return node
    if isinstance(node, float):
        return float(f'{node:.12g}')
    return getattr(node, '__name__', None) or str(node).strip('<>').rsplit('.', 1)[-1]


def content(config: Config) -> dict[str, Any]:
    """All that a run of a config depends on."""
    found = config.to_dict()
    for old, new in OLD_NAMES.items():
        if old in found:
            found[new] = found.pop(old)
    return {key: plain(found[key]) for key in KEYS if found.get(key) not in (None, False)}


def built(config: Config) -> dict[str, str]:
    """Digests of the transforms and of the model that a pretraining config builds."""
    steps = config.train_dataloader.dataset.pipeline
    transforms = [_state(TRANSFORMS.build(copy.deepcopy(step))) for step in steps]
    model = MODELS.build(copy.deepcopy(config.model))
    shapes = [f'{key} {tuple(value.shape)}' for key, value in model.state_dict().items()]
    return dict(transforms=_digest(transforms), model=_digest([*sorted(shapes), str(model)]))


def _state(transform: Any) -> str:
    if isinstance(transform, list):
        return str([_state(item) for item in transform])
    if not hasattr(transform, '__dict__') or type(transform).__module__ == 'builtins':
        return str(transform)
    inner = {
        key: _state(value) if not isinstance(value, dict) else str(plain(value))
        for key, value in vars(transform).items()
        if not callable(value)
    }
    return f'{type(transform).__name__} {sorted(inner.items())}'


def _digest(lines: list[str]) -> str:
    text = '\n'.join(lines)
    # what projects to an embedding was called a head
    for old in ('heads.', 'head.', '(heads)', '(head)'):
        text = text.replace(
            old, old.replace('head', 'projection').replace('projections', 'projection')
        )
    return hashlib.sha256(text.encode()).hexdigest()[:16]
