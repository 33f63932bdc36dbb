"""The HTML form: self-contained pages by templates."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from pathlib import Path

import jinja2
from markupsafe import Markup

from mlfo_mm.errors import printable_lines
from mlfo_mm.reporting.grid import CHANCE, Grid, GridCell, GridRow, Text
from mlfo_mm.reporting.render.drawings import figure_markup
from mlfo_mm.reporting.render.words import DASH, Words, words

REPORT, COMPARISON = 'report.html.j2', 'compare.html.j2'  # both on macros.html.j2 and style.css.j2
TAGS = {'best': 'strong', 'strong': 'strong', 'second': 'ins', 'term': 'em'}


def page_html(template: str, **content: object) -> str:
    """Fill a template."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        finalize=visible,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        words=words,
        markup=words_markup,
        state=state_class,
        merged=merged,
        figure=figure_markup,
        names=leading_names,
        under=names_under,
        kind=row_kind,
        digest=digest,
    )
    script = (Path(__file__).parent / 'table.js.j2').read_text(encoding='utf-8')
    environment.globals.update(script=Markup(script))
    return environment.get_template(template).render(**content)


def visible(value: object) -> object:
    """Return a text without marks that turn what follows it around, or are not seen; its lines stay."""
    if isinstance(value, Markup) or not isinstance(value, str):
        return value
    return printable_lines(value)


def words_markup(found: Words) -> Markup:
    """Return the words of a cell with their emphasis; all else is escaped."""
    tag = TAGS.get(found.emphasis)
    template = f'<{tag}>{{}}</{tag}>{{}}' if tag else '{}{}'
    return Markup(template).format(found.text, found.tail)


def state_class(state: str) -> str:
    """Return the class of a cell: of a verdict, ``absent``, ``failed`` or nothing."""
    return state.replace(' ', '-')


def leading_names(grid: Grid) -> int:
    """Return how many columns at the left say whose a row is; on a narrow screen they are one."""
    others = (place for place, column in enumerate(grid.columns) if column.kind != 'label')
    return max(1, next(others, len(grid.columns)))


def names_under(cells: Sequence[GridCell]) -> str:
    """Return what stands below the first name where the columns of the others give way."""
    return ', '.join(word for cell in cells if (word := words(cell).plain) not in ('', DASH))


def row_kind(row: GridRow) -> str:
    """Return the class of a row: that of chance and the heads of groups stay where they are."""
    first = row.cells[0]
    if row.key is None and isinstance(first, Text):
        if first.emphasis == 'term':
            return 'group'
        if first.text == CHANCE:
            return 'chance'
    return 'measured' if row.measured else ''


def digest(script: str) -> str:
    """Return by what a page allows its own script, and no other."""
    return f'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'


def merged(cells: Sequence[GridCell]) -> list[tuple[Words, int]]:
    """Return the cells of a row with their widths: one reason over several columns is said once."""
    found: list[tuple[Words, int]] = []
    for cell in map(words, cells):
        if cell.reasoned and found and found[-1][0] == cell:
            found[-1] = (cell, found[-1][1] + 1)
        else:
            found.append((cell, 1))
    return found
