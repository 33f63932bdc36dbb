"""Facts that stand once, and what is made of them.

Geometry (``clip_len``, ``crop_size``, ``short_side``, ``frame_interval``, ``frame_difference``,
``flip_ratio``), normalisation, data set, backbone, its padding in time and views are top-level
values of a config.
:func:`complete` puts them where MMAction2 reads them; evaluation and records read the values
themselves. So what is made of them is no place to change them: :func:`check_source` says which is.
"""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping, Sequence
from typing import Any

from mmengine.config.lazy import LazyObject

from mlfo_mm.errors import UserError, did_you_mean
from mlfo_mm.study.config_text import look_up
from mlfo_mm.study.identity import ZEROS

Values = dict[str, Any]
TRANSFORMS = 'mlfo_mm.datasets.transforms'
# what is made, and of which values
MADE = {
    'train_pipeline': ('views', 'sampler', 'pretext_step', 'reader'),
    'train_dataloader.dataset.pipeline': ('views', 'sampler', 'pretext_step', 'reader'),
    'train_dataloader.dataset.dataset': ('pretrain_dataset',),
    'model.backbone.time_padding': ('time_padding',),
    'model.backbone': ('backbone',),
    'model.data_preprocessor.mean': ('normalize',),
    'model.data_preprocessor.std': ('normalize',),
}
DICTS = (
    'model', 'model.data_preprocessor', 'backbone', 'normalize', 'views', 'sampler',
    'train_dataloader', 'train_dataloader.dataset',
)  # fmt: skip
REFERENCE = re.compile(r'\$\{([\w.]+)(?:\*(\d+)/(\d+))?\}')


def complete(values: Values) -> Values:
    """The same values with all that is made of facts.

    A whole config of other making, without ``views`` or ``backbone``, keeps its own pipeline or
    backbone.

    Raises:
        UserError: A part is no dict, or the views do not fit.
    """
    for key in DICTS:
        part = look_up(values, key, {})
        if not isinstance(part, Mapping) and not (
            part is None and key == 'model.data_preprocessor'
        ):
            raise UserError(f'{key}={part!r:.80}: must be a dict')
    made = dict(values)
    if 'model' in values:
        model = made['model'] = dict(values['model'])
        if 'backbone' in values:
            model['backbone'] = copy.deepcopy(values['backbone'])
        if 'time_padding' in values and isinstance(model.get('backbone'), Mapping):
            own = {key: value for key, value in model['backbone'].items() if key != 'time_padding'}
            padding = values['time_padding']
            model['backbone'] = own if padding == ZEROS else own | dict(time_padding=padding)
        if 'normalize' in values:
            kind = LazyObject('mmaction.models', 'ActionDataPreprocessor')
            default = dict(type=kind, format_shape='NCTHW')
            own = model.get('data_preprocessor') or {}
            model['data_preprocessor'] = default | own | copy.deepcopy(values['normalize'])
    if 'views' in values:
        made['train_pipeline'] = pipeline(values)
    if 'train_dataloader' in values:
        loader = made['train_dataloader'] = dict(values['train_dataloader'])
        data = loader['dataset'] = dict(loader.get('dataset') or {})
        if 'views' in values:
            data['pipeline'] = copy.deepcopy(made['train_pipeline'])
        if 'pretrain_dataset' in values:
            data['dataset'] = values['pretrain_dataset']
    return made


def pipeline(values: Values) -> list[Values]:
    """The training pipeline: reader, sampler, the views' steps in their order, the method's step, packing.

    Raises:
        UserError: A step of the order that is none of the views, or the other way round; no sampler.
    """
    views = dict(values['views'])
    order = views.pop('order', ())
    if not isinstance(order, list | tuple) or not all(
        isinstance(e, str | list | tuple) for e in order
    ):
        raise UserError(f'views.order={order!r:.80}: must be a list of steps')
    named = [name for entry in order for name in ([entry] if isinstance(entry, str) else entry)]
    for name in [*views, *named]:
        if name not in named or name not in views:
            where = 'views.order does not name it' if name in views else 'views has no such step'
            if views.get(name) is not None or name not in views:
                raise UserError(
                    f'views.{name}: {where}{did_you_mean(name, {*views, *named} - {name})}'
                )
    if values.get('frame_difference') and views.get('difference') is None:
        raise UserError(
            'frame_difference=True: views has no step `difference` that would show them'
        )
    if 'sampler' not in values:
        raise UserError('views need a sampler, which says what frames they show')
    steps: list[Values] = []
    for entry in order:
        if isinstance(entry, str):
            steps += _steps([entry], views, values)
        else:
            kind = LazyObject(TRANSFORMS, 'PerClip')
            steps.append(dict(type=kind, transforms=_steps(entry, views, values)))
    own = [resolved(values['pretext_step'], values)] if values.get('pretext_step') else []
    packing = [
        dict(type=LazyObject('mmaction.datasets.transforms', 'FormatShape'), input_format='NCTHW'),
        dict(type=LazyObject('mmaction.datasets.transforms', 'PackActionInputs')),
    ]
    reader = values.get('reader') or dict(type=LazyObject(TRANSFORMS, 'OpenVideo'))
    made = [resolved(step, values) for step in (reader, values['sampler'])]
    return [*made, *steps, *own, *packing]


def _steps(names: Sequence[str], views: Values, values: Values) -> list[Values]:
    """Steps of some names, but those that the facts leave out."""
    out = {name for name in names if views[name] is None}
    if not values.get('frame_difference'):
        out.add('difference')
    if not values.get('flip_ratio', 1):
        out.add('flip')
    return [resolved(views[name], values) for name in names if name not in out]


def resolved(node: Any, values: Mapping[str, Any]) -> Any:
    """A value with the config's own values in place of its references ``${name}``.

    ``${name*9/7}`` is that share of a whole number, rounded.
    """
    if isinstance(node, dict):
        return {key: resolved(value, values) for key, value in node.items()}
    if isinstance(node, list | tuple):
        return type(node)(resolved(item, values) for item in node)
    found = REFERENCE.fullmatch(node) if isinstance(node, str) else None
    if found is None:
        return copy.deepcopy(node)
    if found[1] not in values:
        raise UserError(f'{node}: the config has no {found[1]!r}{did_you_mean(found[1], values)}')
    if found[2]:
        return round(values[found[1]] * int(found[2]) / int(found[3]))
    return copy.deepcopy(values[found[1]])


def check_source(values: Mapping[str, Any], key: str, source: str) -> None:
    """Refuse to change what is made of something else, and say of what.

    Args:
        values: The config.
        key: Dotted key of the change.
        source: Who changes it, for the message.
    """
    for made, origins in MADE.items():
        there = [name for name in origins if name in values]
        if there and (key == made or key.startswith(f'{made}.')):
            rest = key[len(made) :] if len(there) == 1 else ''
            raise UserError(
                f'{source} {key}: {made} is made of {", ".join(there)}: set {there[0]}{rest}'
            )


def check_made(values: Values, where: str) -> None:
    """Refuse a config whose parts contradict its facts: one of them was changed by hand.

    Raises:
        UserError: Which part, and which fact.
    """
    made = complete(values)
    for key in MADE:
        found, wanted = look_up(values, key), look_up(made, key)
        if found is not None and _names(found) != _names(wanted):
            origins = [name for name in MADE[key] if name in values]
            raise UserError(
                f'{where}: {key} is not what {", ".join(origins)} make of it: change those, or '
                f'take them out'
            )


def _names(node: Any) -> Any:
    """A value with classes by their names, however a config names them; lists and tuples alike."""
    if isinstance(node, Mapping):
        values = {key: _names(dict.__getitem__(node, key)) for key in node}
        return values | (
            {'type': str(values['type']).rsplit('.', 1)[-1]} if 'type' in values else {}
        )
    if isinstance(node, list | tuple):
        return [_names(item) for item in node]
    return node
