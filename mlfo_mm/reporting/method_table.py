"""The tables of all methods in ``configs/README.md``, made of their cards and of ``results/paper/``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from mlfo_mm.errors import UserError
from mlfo_mm.files import write_atomic
from mlfo_mm.reporting.grid import Column, Grid, GridCell, GridRow, Missing, Number, Text
from mlfo_mm.reporting.labels import backbone_name, dataset_name
from mlfo_mm.reporting.published import best_of_each_set, numbers_of, paper_numbers
from mlfo_mm.reporting.render.markdown import bullets, grid_markdown, joined, plain
from mlfo_mm.study.identity import DEFAULT
from mlfo_mm.study.methods import FIDELITY, Card, Published, Variant, check_files, load_cards
from mlfo_mm.study.paths import CONFIGS
from mlfo_mm.study.tasks import TASKS

BEGIN = '<!-- methods: begin, written by tools/dev/make_method_table.py -->'
END = '<!-- methods: end -->'
OVERVIEW = (
    'Method',
    'Variant',
    'Kind of pretext',
    'Clips of a sample',
    'Passes (with gradient)',
    'Built after',
    'Published, UCF101 / HMDB51',
)
SOURCES = ('Method', 'Variant', 'Faithful', 'Different')
NUMBERS = ('Method', 'Task', 'Backbone', 'Pretrained on', 'UCF101', 'HMDB51', 'Source')
NOTES = (
    'Built after: whose words or code the variant follows; what differs stands below.',
    'Published: top-1 after finetuning, else what is named; the highest of each pretraining set. None '
    'was measured here, some are of other networks than those here. All of them stand below. Without '
    'one: none was read at its source.',
)
Numbers = Sequence[Published]


def methods_page(cards: Iterable[Card]) -> str:
    """Return all that is generated: the overview, what follows the sources, published numbers."""
    cards, paper = list(cards), paper_numbers()
    numbers = {card.key: numbers_of(card, paper) for card in cards}
    marks: dict[str, int] = {}
    grid = overview_grid(cards, numbers, marks)
    sources = [f'[{mark}] {source}' for source, mark in marks.items()]
    parts = [grid_markdown(grid), bullets([*NOTES, '; '.join(sources)])]
    for below in (sources_grid(cards), numbers_grid(cards, numbers)):
        parts += [f'### {plain(below.title)}', grid_markdown(below)]
    return joined(parts).rstrip()


def overview_grid(
    cards: Iterable[Card], numbers: Mapping[str, Numbers], marks: dict[str, int]
) -> Grid:
    """Return all variants of all methods; sources of numbers get their marks."""
    rows = tuple(
        GridRow(
            (
                *_names(card, each),
                Text(each.kind),
                Text(each.clips),
                Text(f'{each.forward} ({each.backward})'),
                Text(FIDELITY[each.fidelity]) if each.fidelity else Missing(),
                _told(numbers[card.key], each.variant, marks),
            )
        )
        for card in cards
        for each in card.variants
    )
    return Grid('Methods', tuple(map(Column, OVERVIEW)), rows)


def sources_grid(cards: Iterable[Card]) -> Grid:
    """Return what of each variant follows its sources, and what does not."""
    rows = tuple(
        GridRow((*_names(card, each), Text(each.faithful), Text(each.different)))
        for card in cards
        for each in card.variants
    )
    return Grid('What follows the sources', tuple(map(Column, SOURCES)), rows)


def numbers_grid(cards: Iterable[Card], numbers: Mapping[str, Numbers]) -> Grid:
    """Return every published number, task by task."""
    known = [(card, each) for card in cards for each in numbers[card.key]]
    rows = [
        GridRow(
            (
                Text(f'{card.name}{"" if each.variant == DEFAULT else f" ({each.variant})"}'),
                Text(_measure(each)),
                Text(backbone_name(each.backbone)),
                Text(dataset_name(each.pretrain)),
                _number(each.ucf101),
                _number(each.hmdb51),
                Text(each.source + (f'; {each.remark}' if each.remark else '')),
            )
        )
        for task in TASKS
        for card, each in known
        if each.task == task
    ]
    return Grid('Published numbers', tuple(map(Column, NUMBERS)), tuple(rows))


def _names(card: Card, each: Variant) -> tuple[Text, Text]:
    file = f'{card.key}/{card.file(each.variant)}'
    return Text(card.name, link=f'{card.key}/README.md'), Text(each.variant, link=file, code=True)


def _told(numbers: Numbers, variant: str, marks: dict[str, int]) -> GridCell:
    told = []
    for each in best_of_each_set(numbers, variant):
        values = ' / '.join(
            '—' if value is None else f'{value:.1f}' for value in (each.ucf101, each.hmdb51)
        )
        of = f'{backbone_name(each.backbone)}, {dataset_name(each.pretrain)}'
        of += '' if each.task == 'finetune' else f', {_measure(each)}'
        told.append(f'{values} ({of}) [{marks.setdefault(each.source, len(marks) + 1)}]')
    return Text('; '.join(told)) if told else Missing()


def _measure(number: Published) -> str:
    return 'R@1' if number.task == 'retrieval' else TASKS[number.task].label.lower()


def _number(value: float | None) -> GridCell:
    return Missing() if value is None else Number(value, 1)


def with_table(text: str, table: str, where: str | Path) -> str:
    """Return a text with a table in place of what stands between the two markers."""
    if text.count(BEGIN) != 1 or text.count(END) != 1 or text.index(BEGIN) > text.index(END):
        raise UserError(f'{where}: needs the lines {BEGIN!r} and {END!r}, once each, in this order')
    head, _, rest = text.partition(BEGIN)
    return f'{head}{BEGIN}\n\n{table}\n\n{END}{rest.partition(END)[2]}'


def write_method_table(configs: Path = CONFIGS) -> Path:
    """Bring the tables in ``README.md`` of the configs up to date."""
    path = configs / 'README.md'
    if not path.is_file():
        raise UserError(f'{path} is missing: give the folder of the configs')
    cards = load_cards(configs)
    for card in cards.values():
        check_files(card, configs)
    text = path.read_text(encoding='utf-8')
    return write_atomic(path, with_table(text, methods_page(cards.values()), path))
