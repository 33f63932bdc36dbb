"""Config files as plain data: read without building what they name, and merged."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from mmengine.config import Config, ConfigDict

from mlfo_mm.errors import UserError, did_you_mean
from mlfo_mm.study.paths import CONFIGS
from mlfo_mm.study.profiles import PROFILES
from mlfo_mm.study.runs import SETS

DELETE = '_delete_'
PLACES = tuple(dict.fromkeys(('small', 'paper', *PROFILES, *SETS)))
DATA = (dict, list, tuple, str, int, float, bool, type(None))  # not what a lazy config imports


def read_fragment(path: str | Path) -> dict[str, Any]:
    """The values of a config file, its classes unbuilt; imports and private names are left out.

    Raises:
        UserError: No such file, or one that cannot be read.
    """
    path = Path(path)
    if not path.is_file():
        known = [str(file) for file in Path('configs').rglob('*.py')]
        raise UserError(f'config {path} does not exist{did_you_mean(str(path), known)}')
    try:
        config = Config.fromfile(path, lazy_import=True)
    except Exception as error:
        said = ' '.join(f'{type(error).__name__}: {error}'.split())
        raise UserError(f'cannot read config {path}: {said}') from error
    return {
        key: value
        for key, value in config._to_lazy_dict().items()
        if isinstance(value, DATA) and not key.startswith('_')
    }


def shipped(*parts: str) -> dict[str, Any]:
    """A fragment of the configs that are shipped: ``shipped('profiles', 'mini')``.

    Raises:
        UserError: There is none of this name; those that are there are named.
    """
    path = CONFIGS.joinpath(*parts[:-1], f'{parts[-1]}.py')
    if not path.is_file():
        known = sorted(file.stem for file in path.parent.glob('*.py'))
        near = did_you_mean(parts[-1], known) or f': one of {", ".join(known)}'
        kind = {'backbones': 'backbone', 'profiles': 'profile', 'tasks': 'task'}
        raise UserError(f'unknown {kind.get(parts[0], parts[0])} {parts[-1]!r}{near}')
    return read_fragment(path)


def merge(base: dict[str, Any], change: Mapping[str, Any], source: str) -> dict[str, Any]:
    """A copy of ``base`` with the values of ``change`` in their places.

    Dicts are merged, everything else is replaced; ``_delete_=True`` in a dict replaces it whole.
    Below a list a dict's keys are places in it, the last one being ``'-1'``.

    Raises:
        UserError: A dict for a value that is none; ``source`` says whose it is.
    """
    merged: dict[str, Any] = copy.deepcopy(base)
    for key, value in change.items():
        merged[key] = _merged(merged.get(key), value, f'{source}: {key}')
    return merged


def _merged(base: Any, value: Any, where: str) -> Any:
    if not isinstance(value, dict):
        return copy.deepcopy(value)
    value = dict(value)
    if value.pop(DELETE, False) or base is None:
        return _without_delete(value)
    if isinstance(base, list | tuple):
        parts = list(base)
        for place, inner in value.items():
            index = index_in(parts, place)
            if index is None:
                raise UserError(f'{where}: {place!r} is no place in a list of {len(parts)}')
            parts[index] = _merged(parts[index], inner, f'{where}.{place}')
        return type(base)(parts)
    if not isinstance(base, dict):
        raise UserError(f'{where} is a dict, where the config has {base!r:.80}')
    return {
        **base,
        **{key: _merged(base.get(key), inner, f'{where}.{key}') for key, inner in value.items()},
    }


def index_in(parts: Sequence[Any], place: object) -> int | None:
    """The index that a key such as ``'0'`` or ``'-1'`` is in a list, None where it is none."""
    if not re.fullmatch(r'-?\d{1,9}', str(place)):
        return None
    index = int(str(place))
    return index if -len(parts) <= index < len(parts) else None


def _without_delete(value: Any) -> Any:
    """A value that nothing is merged into: marks that would replace a dict are done with."""
    if isinstance(value, dict):
        return {key: _without_delete(inner) for key, inner in value.items() if key != DELETE}
    return copy.deepcopy(value)


def leaves(values: Mapping[str, Any], path: str = '') -> Iterator[str]:
    """Dotted keys of all values that a change sets."""
    for key, value in values.items():
        if isinstance(value, dict) and value and DELETE not in value:
            yield from leaves(value, f'{path}{key}.')
        else:
            yield f'{path}{key}'


def to_config(values: Mapping[str, Any], filename: str) -> Config:
    """Values as an mmengine config of a name, which need not be that of a file."""
    ConfigDict.lazy = True  # classes stay unbuilt: a config with built ones cannot be written
    try:
        config = Config(dict(values))
    finally:
        ConfigDict.lazy = False
    # mmengine has no setter: an attribute of a config is a key of it
    object.__setattr__(config, '_filename', filename)
    return config


def words(
    values: Mapping[str, Any], key: str, places: Iterable[str], source: object
) -> list[dict[str, Any]]:
    """What a fragment says under ``key`` about each of some places, such as small, mini.

    Raises:
        UserError: It is no dict of dicts, or names an unknown place; ``source`` says whose it is.
    """
    said = values.get(key)
    if said is None:
        return []
    if not isinstance(said, dict):
        raise UserError(f'{source}: {key}={said!r:.80}, must be a dict of {", ".join(PLACES)}')
    for place, part in said.items():
        if place not in PLACES:
            near = did_you_mean(str(place), PLACES) or f': one of {", ".join(PLACES)}'
            raise UserError(f'{source}: {key} has an unknown place {place!r}{near}')
        if not isinstance(part, dict):
            raise UserError(f'{source}: {key}.{place}={part!r:.80}, must be a dict')
    return [said[place] for place in places if place in said]
