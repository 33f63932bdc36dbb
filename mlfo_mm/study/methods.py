"""What each method is, from its card ``configs/<method>/method.toml``.

A card::

    name = 'MoCo v2'
    recipe = 'r3d18_k400.py'
    fidelity = 'code'
    tables = ['table1', 'table4', 'levels']
    seeds = 3

    [[published]]
    task = 'finetune'
    backbone = 'Slow-R50'
    pretrain = 'kinetics400'
    ucf101 = 91.3
    source = 'README of SlowFast'

    [default]
    kind = 'instance contrast with a queue'
    clips = '2 of 16 frames'
    forward = 2
    backward = 1
    faithful = 'what follows the paper or released code'
    different = 'what does not, and what is a reconstruction'

``[default]`` is the recipe itself; a table more is a variant, whose changes stand in
``variants/<its name>.py`` beside the card. Keys of a variant that stand above the tables hold for
all of them. With ``tables``, the experiment matrix has a row for each variant. ``[[published]]`` is a
number that others or its authors printed; what ``results/paper/`` has is read there.
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
from mlfo_mm.study.names import WEIGHTS
from mlfo_mm.study.paths import CONFIGS
from mlfo_mm.study.profiles import PAPER_DATASETS
from mlfo_mm.study.runs import SETS
from mlfo_mm.study.tasks import TABLE_TASKS, TASKS

CARD = 'method.toml'
OF_CARD = ('name', 'recipe')
PUBLISHED = 'published'
PRETRAIN_SETS = tuple(SETS)
FIDELITY = dict(  # what a variant is built after, and how that is printed
    code="the authors' code",
    port='code of others',
    paper='the paper',
    reconstruction='a reconstruction',
)

GROUPS = dict(  # kinds of methods, in the order in which they stand side by side
    contrast='Contrast of instances',
    agreement='Agreement without negatives',
    prediction='Prediction of features',
    time='Order and speed',
    space='Place, turn, statistics',
    several='Several at once',
)


@dataclass(frozen=True)
class Published:
    """A number that was printed for a method, in percent: top-1, of retrieval R@1.

    Attributes:
        task: Key of the task.
        backbone: Key of a backbone here, or the name of one that is not.
        pretrain: Data set that was pretrained on.
        source: Where it was read.
        ucf101: On UCF101; None where nothing was printed.
        hmdb51: On HMDB51.
        variant: Of the method.
        remark: What is doubtful about it.
    """

    task: str
    backbone: str
    pretrain: str
    source: str
    ucf101: float | None = None
    hmdb51: float | None = None
    variant: str = DEFAULT
    remark: str = ''


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
        fidelity: Key of ``FIDELITY``; empty where the card does not say.
        group: Key of ``GROUPS``; empty where the card does not say.
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
    fidelity: str = ''
    group: str = ''
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
        published: Numbers that the card quotes, beside those of ``results/paper/``.
    """

    key: str
    name: str
    recipe: str
    variants: tuple[Variant, ...]
    published: tuple[Published, ...] = ()

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
    quoted = above.pop(PUBLISHED, [])
    if not isinstance(quoted, list) or not all(isinstance(each, dict) for each in quoted):
        raise UserError(f'{path}: {PUBLISHED} must be tables [[{PUBLISHED}]]')
    variants = tuple(_variant(path, key, above, values) for key, values in tables.items())
    numbers = [
        _published(f'{path}: [[{PUBLISHED}]] {place}', each, tuple(tables))
        for place, each in enumerate(quoted, start=1)
    ]
    return Card(path.parent.name, name, recipe, variants, tuple(numbers))


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
        ('fidelity', tuple(FIDELITY)),
        ('group', tuple(GROUPS)),
    ):
        _check_words(f'{path}: [{name}]: {key}', values.get(key, ()), allowed)
    return Variant(method=path.parent.name, variant=name, **values)


def _published(where: str, values: dict[str, Any], variants: tuple[str, ...]) -> Published:
    known = {item.name: item for item in fields(Published)}
    for key in values:
        if key not in known:
            raise UserError(f'{where}: unknown key {key!r}{did_you_mean(key, known)}')
    numbers = [key for key in PAPER_DATASETS if key in values]
    for key in known:
        value = values.get(key)
        if key in numbers:
            number = isinstance(value, int | float) and not isinstance(value, bool)
            if not number or not 0 < float(value or 0) <= 100:
                raise UserError(f'{where}: key {key!r} must be a percentage, is {value!r}')
        elif key not in PAPER_DATASETS and (key in values or known[key].default is MISSING):
            _value(f'{where}: key {key!r}', str, value)
    if not numbers:
        raise UserError(f'{where}: needs a number under {" or ".join(PAPER_DATASETS)}')
    for key, allowed in (
        ('task', tuple(TASKS)),
        ('pretrain', tuple(SETS.values())),
        ('variant', variants),
    ):
        _check_words(f'{where}: {key}', values.get(key, ()), allowed)
    return Published(**values | {key: float(values[key]) for key in numbers})


def _check_words(where: str, asked: Any, allowed: tuple[str, ...]) -> None:
    """Refuse words that are none of the allowed ones."""
    for word in (asked,) if isinstance(asked, str) else asked:
        if word not in allowed:
            near = did_you_mean(word, allowed) or f': one of {", ".join(allowed)}'
            raise UserError(f'{where}: unknown {word!r}{near}')


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


def method_group(method: str, variant: str = '') -> str:
    """Return the group of a method, as printed; empty where no card says it."""
    card = cards().get(method)
    if card is None:
        return ''
    found = {each.variant: each.group for each in card.variants}
    return GROUPS.get(found.get(variant, card.variants[0].group), '')


def method_name(key: str) -> str:
    """Return how a method is printed; a key that nobody knows stands for itself."""
    if key in cards():
        return cards()[key].name
    return WEIGHTS.get(key, key)
