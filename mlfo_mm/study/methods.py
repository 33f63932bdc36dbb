"""What each method is, from its card ``configs/<method>/method.toml``.

A card::

    name = 'MoCo v2'
    recipe = 'r3d18_k400.py'
    tables = ['table1', 'table4', 'levels']
    seeds = 3

    [default]
    kind = 'instance contrast with a queue'
    clips = '2 of 16 frames'
    forward = 2
    backward = 1
    faithful = 'what follows the paper or released code'
    different = 'what does not, and what is a reconstruction'

``[default]`` is the recipe itself; a table more is a variant, whose changes stand in
``variants/<its name>.py`` beside the card. Keys of a variant that stand above the tables hold for
all of them. With ``tables``, the experiment matrix has a row for each variant.
"""

from __future__ import annotations

import functools
import tomllib
import typing
from dataclasses import MISSING, dataclass, fields
from pathlib import Path
from typing import Any

from mlfo_mm.errors import UserError, did_you_mean
from mlfo_mm.study.identity import DEFAULT
from mlfo_mm.study.names import QUOTED, WEIGHTS
from mlfo_mm.study.paths import CONFIGS
from mlfo_mm.study.runs import SETS
from mlfo_mm.study.tasks import TABLE_TASKS, TASKS

CARD = 'method.toml'
OF_CARD = ('name', 'recipe')
PRETRAIN_SETS = tuple(SETS)


@dataclass(frozen=True)
class Variant:
    """One way in which a method is configured.

    Attributes:
        method: Key of the method: the folder of its card.
        variant: ``default`` or name of a file in ``variants``.
        kind: What is learnt from: instance contrast, clusters, order, speed, ...
        clips: Clips of a training sample at paper scale and their frames.
        forward: Clips of a sample that go through a backbone in training.
        backward: Those of them that gradients flow through.
        faithful: What follows the paper or released code.
        different: What does not, and what is a reconstruction.
        tables: Tables and figures with a cell for it; without any it has no row from here.
        tasks: Of its tables' tasks, only these; all where empty.
        seeds: Seeds where a profile repeats runs.
        pretrain: Pretraining set at paper scale.
    """

    method: str
    variant: str
    kind: str
    clips: str
    forward: int
    backward: int
    faithful: str
    different: str
    tables: tuple[str, ...] = ()
    tasks: tuple[str, ...] = ()
    seeds: int = 1
    pretrain: str = 'k400'


@dataclass(frozen=True)
class Card:
    """A method.

    Attributes:
        key: Folder of its card.
        name: How it is printed.
        recipe: File of that folder that defines it: ``<backbone>_<pretraining set>.py``.
        variants: In the order of the card, ``default`` first.
    """

    key: str
    name: str
    recipe: str
    variants: tuple[Variant, ...]

    @property
    def backbone(self) -> str:
        """Backbone of the recipe."""
        return Path(self.recipe).stem.rpartition('_')[0]

    def file(self, variant: str) -> str:
        """File of a variant in the folder of the card."""
        return self.recipe if variant == DEFAULT else f'variants/{variant}.py'


def load_cards(configs: Path = CONFIGS) -> dict[str, Card]:
    """Return the methods in the order of their keys; none where there are no configs."""
    return {path.parent.name: read_card(path) for path in sorted(configs.glob(f'*/{CARD}'))}


def read_card(path: Path) -> Card:
    """Read one card."""
    try:
        data = tomllib.loads(path.read_text(encoding='utf-8'))
    except (OSError, ValueError) as error:
        raise UserError(f'{path}: not a readable description of a method ({error})') from error
    tables = {key: value for key, value in data.items() if isinstance(value, dict)}
    above = {key: value for key, value in data.items() if key not in tables}
    for key in OF_CARD:
        if not isinstance(above.get(key), str) or not above[key]:
            raise UserError(f'{path}: key {key!r} must be str, is {above.get(key)!r}')
    if next(iter(tables), '') != DEFAULT:
        raise UserError(f'{path}: a table [{DEFAULT}] is needed, before those of other variants')
    name, recipe = (above.pop(key) for key in OF_CARD)
    variants = tuple(_variant(path, key, above, values) for key, values in tables.items())
    return Card(path.parent.name, name, recipe, variants)


def check_files(card: Card, configs: Path = CONFIGS) -> None:
    """Refuse a card that names a file which is not there."""
    for variant in card.variants:
        file = configs / card.key / card.file(variant.variant)
        if not file.is_file():
            path = configs / card.key / CARD
            raise UserError(f'{path}: [{variant.variant}]: there is no {file}')


def _variant(path: Path, name: str, above: dict[str, Any], own: dict[str, Any]) -> Variant:
    known = {item.name: item for item in fields(Variant) if item.name not in ('method', 'variant')}
    hints = typing.get_type_hints(Variant)
    for key in (*above, *own):
        if key not in known:
            where = f'{path}: [{name}]' if key in own else str(path)
            near = did_you_mean(key, [*known, *OF_CARD])
            raise UserError(f'{where}: unknown key {key!r}{near}')
    values = above | own
    for key, item in known.items():
        if key not in values and item.default is not MISSING:
            continue
        values[key] = _value(f'{path}: [{name}]: key {key!r}', hints[key], values.get(key))
    for key, allowed in (
        ('tables', tuple(TABLE_TASKS)),
        ('tasks', tuple(TASKS)),
        ('pretrain', PRETRAIN_SETS),
    ):
        asked = values.get(key, ())
        for word in (asked,) if isinstance(asked, str) else asked:
            if word not in allowed:
                near = did_you_mean(word, allowed) or f': one of {", ".join(allowed)}'
                raise UserError(f'{path}: [{name}]: {key}: unknown {word!r}{near}')
    return Variant(method=path.parent.name, variant=name, **values)


def _value(where: str, hint: Any, value: Any) -> Any:
    if hint in (str, int):
        if type(value) is not hint or value in ('', 0):
            raise UserError(f'{where} must be {hint.__name__}, is {value!r}')
        return value
    if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
        raise UserError(f'{where} must be a list of names, is {value!r}')
    return tuple(value)


@functools.cache
def cards() -> dict[str, Card]:
    """The methods of the repository, read once."""
    return load_cards()


def method_name(key: str) -> str:
    """Return how a method is printed; a key that nobody knows stands for itself."""
    if key in cards():
        return cards()[key].name
    return (QUOTED | WEIGHTS).get(key, key)
