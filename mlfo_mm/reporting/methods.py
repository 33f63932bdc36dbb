"""What each method is, from ``configs/<method>/method.toml``, and the table made of it.

A file has one table of keys for each recipe, named as the ``variant`` of its configs::

    [v2]
    config = 'r3d18_k400.py'
    kind = 'instance contrast'
    clips = '2 x 16 frames'
    forward = 2
    backward = 1
    faithful = 'what follows the paper or released code'
    different = 'what does not, and what is a reconstruction'
"""

from __future__ import annotations

import tomllib
import typing
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from tabulate import tabulate

from mlfo_mm.errors import UserError, did_you_mean
from mlfo_mm.files import write_atomic
from mlfo_mm.reporting.markdown import plain_text
from mlfo_mm.reporting.names import METHODS

CONFIGS = Path(__file__).resolve().parents[2] / 'configs'
NO_METHODS = ('_base_', 'downstream')
BEGIN = '<!-- methods: begin, written by tools/dev/make_method_table.py -->'
END = '<!-- methods: end -->'
HEADER = (
    'Method',
    'Variant',
    'Kind of pretext',
    'Clips of a sample',
    'Passes (with gradient)',
    'Faithful',
    'Different',
)


@dataclass(frozen=True)
class Recipe:
    """One way in which a method is configured.

    Attributes:
        method: Its folder below ``configs``, which is also the ``method`` of its configs.
        variant: The ``variant`` of its configs; name of its table in ``method.toml``.
        config: Its config at paper scale in that folder, with changes joined by ``+``.
        kind: What is learnt from: instance contrast, clusters, order, speed, ...
        clips: Clips of a training sample at paper scale and their frames.
        forward: Clips of a sample that go through a backbone in training.
        backward: Those of them that gradients flow through.
        faithful: What follows the paper or released code.
        different: What does not, and what is a reconstruction.
    """

    method: str
    variant: str
    config: str
    kind: str
    clips: str
    forward: int
    backward: int
    faithful: str
    different: str


def method_folders(configs: Path = CONFIGS) -> list[Path]:
    """Return the folders of methods in the order of their names; none where there are no configs."""
    folders = {path.parent for path in configs.glob('*/*.py')}
    return sorted(folder for folder in folders if folder.name not in NO_METHODS)


def load_recipes(configs: Path = CONFIGS) -> list[Recipe]:
    """Return the recipes of all methods, those of a method in the order of its file."""
    return [
        recipe
        for folder in method_folders(configs)
        for recipe in read_recipes(folder / 'method.toml')
    ]


def read_recipes(path: Path) -> list[Recipe]:
    """Read one ``method.toml``."""
    try:
        data = tomllib.loads(path.read_text(encoding='utf-8'))
    except (OSError, ValueError) as error:
        raise UserError(f'{path}: not a readable description of a method ({error})') from error
    if not data:
        raise UserError(f'{path}: holds no recipe: a table [<variant>] is needed')
    return [_recipe(path, variant, values) for variant, values in data.items()]


def _recipe(path: Path, variant: str, values: Any) -> Recipe:
    where = f'{path}: [{variant}]'
    if not isinstance(values, dict):
        raise UserError(f'{path}: key {variant!r} stands outside of a table [<variant>]')
    kinds = typing.get_type_hints(Recipe)
    known = [item.name for item in fields(Recipe) if item.name not in ('method', 'variant')]
    for key in values:
        if key not in known:
            raise UserError(f'{where}: unknown key {key!r}{did_you_mean(key, known)}')
    for key in known:
        value = values.get(key)
        if type(value) is not kinds[key] or value in ('', 0):
            raise UserError(f'{where}: key {key!r} must be {kinds[key].__name__}, is {value!r}')
    for part in values['config'].split('+'):
        if not (path.parent / part).is_file():
            raise UserError(f'{where}: config: there is no {path.parent / part}')
    return Recipe(method=path.parent.name, variant=variant, **values)


def methods_markdown(recipes: list[Recipe]) -> str:
    """Return the table of all recipes."""
    rows = []
    for recipe in recipes:
        name = METHODS.get(recipe.method, recipe.method)
        first = recipe.config.split('+')[-1]
        rows.append(
            (
                f'[{name}]({recipe.method}/README.md)',
                f'[`{recipe.variant}`]({recipe.method}/{first})',
                plain_text(recipe.kind),
                plain_text(recipe.clips),
                f'{recipe.forward} ({recipe.backward})',
                plain_text(recipe.faithful),
                plain_text(recipe.different),
            )
        )
    return tabulate(rows, HEADER, tablefmt='github', disable_numparse=True)


def with_table(text: str, table: str, where: str | Path) -> str:
    """Return a text with a table in place of what stands between the two markers."""
    if text.count(BEGIN) != 1 or text.count(END) != 1 or text.index(BEGIN) > text.index(END):
        raise UserError(f'{where}: needs the lines {BEGIN!r} and {END!r}, once each, in this order')
    head, _, rest = text.partition(BEGIN)
    return f'{head}{BEGIN}\n\n{table}\n\n{END}{rest.partition(END)[2]}'


def write_method_table(configs: Path = CONFIGS) -> Path:
    """Bring the table in ``README.md`` of the configs up to date."""
    path = configs / 'README.md'
    if not path.is_file():
        raise UserError(f'{path} is missing: give the folder of the configs')
    text = with_table(
        path.read_text(encoding='utf-8'), methods_markdown(load_recipes(configs)), path
    )
    return write_atomic(path, text)
