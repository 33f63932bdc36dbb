"""The table of all methods in ``configs/README.md``, made of their cards."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from tabulate import tabulate

from mlfo_mm.errors import UserError
from mlfo_mm.files import write_atomic
from mlfo_mm.reporting.markdown import plain_text
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


def methods_markdown(cards: Iterable[Card]) -> str:
    """Return the table of all variants of all methods."""
    rows = [
        (
            f'[{plain_text(card.name)}]({card.key}/README.md)',
            f'[`{variant.variant}`]({card.key}/{card.file(variant.variant)})',
            plain_text(variant.kind),
            plain_text(variant.clips),
            f'{variant.forward} ({variant.backward})',
            plain_text(variant.faithful),
            plain_text(variant.different),
        )
        for card in cards
        for variant in card.variants
    ]
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
    cards = load_cards(configs)
    for card in cards.values():
        check_files(card, configs)
    text = path.read_text(encoding='utf-8')
    return write_atomic(path, with_table(text, methods_markdown(cards.values()), path))
