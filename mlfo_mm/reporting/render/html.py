"""The HTML form: self-contained pages by templates."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import jinja2
from markupsafe import Markup

from mlfo_mm.reporting.grid import GridCell
from mlfo_mm.reporting.render.drawings import figure_markup
from mlfo_mm.reporting.render.words import Words, words

REPORT, COMPARISON = 'report.html.j2', 'compare.html.j2'  # both on macros.html.j2 and style.css.j2
TAGS = {'best': 'strong', 'strong': 'strong', 'second': 'ins', 'term': 'em'}


def page_html(template: str, **content: object) -> str:
    """Fill a template."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        words=words, markup=words_markup, state=state_class, merged=merged, figure=figure_markup
    )
    return environment.get_template(template).render(**content)


def words_markup(found: Words) -> Markup:
    """Return the words of a cell with their emphasis; all else is escaped."""
    tag = TAGS.get(found.emphasis)
    template = f'<{tag}>{{}}</{tag}>{{}}' if tag else '{}{}'
    return Markup(template).format(found.text, found.tail)


def state_class(state: str) -> str:
    """Return the class of a cell: of a verdict, ``absent``, ``failed`` or nothing."""
    return state.replace(' ', '-')


def merged(cells: Sequence[GridCell]) -> list[tuple[Words, int]]:
    """Return the cells of a row with their widths: one reason over several columns is said once."""
    found: list[tuple[Words, int]] = []
    for cell in map(words, cells):
        if cell.reasoned and found and found[-1][0] == cell:
            found[-1] = (cell, found[-1][1] + 1)
        else:
            found.append((cell, 1))
    return found
