"""The table of all methods in ``configs/README.md``, made of their cards."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from mlfo_mm.errors import UserError
from mlfo_mm.files import write_atomic
from mlfo_mm.reporting.grid import Column, Grid, GridRow, Text
from mlfo_mm.reporting.render.markdown import grid_markdown
from mlfo_mm.study.methods import Card, check_files, load_cards
from mlfo_mm.study.paths import CONFIGS

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


def methods_grid(cards: Iterable[Card]) -> Grid:
    """Return all variants of all methods."""
    rows = tuple(
        GridRow(
            (
                Text(card.name, link=f'{card.key}/README.md'),
                Text(each.variant, link=f'{card.key}/{card.file(each.variant)}', code=True),
                Text(each.kind),
                Text(each.clips),
                Text(f'{each.forward} ({each.backward})'),
                Text(each.faithful),
                Text(each.different),
            )
        )
        for card in cards
        for each in card.variants
    )
    return Grid('Methods', tuple(map(Column, HEADER)), rows)


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
    cards = load_cards(configs)
    for card in cards.values():
        check_files(card, configs)
    text = path.read_text(encoding='utf-8')
    return write_atomic(path, with_table(text, grid_markdown(methods_grid(cards.values())), path))
