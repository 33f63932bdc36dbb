"""The Markdown form: pages to be read, with what each number rests on below its grid."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from tabulate import tabulate

from mlfo_mm.reporting.grid import Grid, GridCell, Page, Text
from mlfo_mm.reporting.labels import one_line
from mlfo_mm.reporting.render.words import words

MARKS = {
    '': '{}',
    'best': '**{}**',
    'second': '<ins>{}</ins>',
    'strong': '**{}**',
    'term': '*{}*',
}
NO_TICK = {ord('`'): "'"}


def page_markdown(page: Page) -> str:
    """Return title, scale, grids and notes."""
    parts = [f'# {plain(page.title)}', f'Profile **{page.profile}**. {page.scale}']
    for grid in page.grids:
        parts += [f'## {plain(grid.title)}', grid_markdown(grid), bullets(grid.notes)]
    notes = (*page.legend, *page.notes)
    return joined([*parts, *(['## Notes', bullets(notes)] if notes else [])])


def joined(parts: Sequence[str]) -> str:
    """Return paragraphs as a page; empty ones are left out."""
    return '\n\n'.join(part for part in parts if part) + '\n'


def grid_markdown(grid: Grid) -> str:
    """Return the rows of a grid as a table, nothing if there are none."""
    if not grid.rows:
        return ''
    rows = [[cell_markdown(cell) for cell in row.cells] for row in grid.rows]
    heads = [plain(column.heading) for column in grid.columns]
    return tabulate(rows, heads, tablefmt='github', disable_numparse=True)


def cell_markdown(cell: GridCell) -> str:
    """Return a cell with its marks."""
    found = words(cell)
    code = isinstance(cell, Text) and cell.code
    text = f'`{found.text.translate(NO_TICK)}`' if code else plain(found.text)
    if isinstance(cell, Text) and cell.link:
        text = f'[{text}]({quote(cell.link)})'
    return MARKS[found.emphasis].format(text) + found.tail


def plain(text: str) -> str:
    """Return a text as words in a page: names out of records are no tags, links or code."""
    for sign, said in (('<', '&lt;'), ('](', ']\\('), (']:', ']\\:'), ('`', "'")):
        text = text.replace(sign, said)
    return one_line(text)


def sentence_markdown(parts: Sequence[Text]) -> str:
    """Return a sentence, some words of which are set off."""
    return ''.join(MARKS[part.emphasis].format(part.text) for part in parts)


def bullets(lines: Sequence[str]) -> str:
    """Return lines as a list."""
    return '\n'.join(f'- {plain(line)}' for line in lines)
