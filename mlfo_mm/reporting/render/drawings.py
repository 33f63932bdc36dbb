"""Figures inside an HTML page: SVG that takes part in its colours, pictures as data URIs."""

from __future__ import annotations

import base64
import re

from markupsafe import Markup, escape

from mlfo_mm.errors import printable
from mlfo_mm.reporting.figures import style
from mlfo_mm.reporting.figures.style import Plot

# what the page names its colours; each has a value for light and one for dark
VARIABLES = {
    style.INK: 'ink',
    style.MUTED: 'muted',
    style.RULE: 'rule',
    style.PAPER: 'card',
    style.BLUE: 'blue',
    style.ORANGE: 'orange',
    style.GREEN: 'green',
    style.RED: 'red',
    style.PURPLE: 'purple',
    style.SKY: 'sky',
    style.GREY: 'grey',
}


def figure_markup(plot: Plot) -> Markup:
    """Return the picture of a plot that has one, with its text for those who do not see it."""
    alt = printable(plot.alt, len(plot.alt))
    if 'svg' in plot.files:
        return _svg(plot, alt)
    data = base64.b64encode(plot.files['png']).decode()
    template = '<img class="frames" alt="{}" src="data:image/png;base64,{}">'
    return Markup(template).format(alt, data)


def _svg(plot: Plot, alt: str) -> Markup:
    text = plot.files['svg'].decode()
    start = text.index('<svg')
    body = text[text.index('>', start) + 1 :]
    found = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', text)
    assert found, 'matplotlib writes a viewBox'
    width, height = (float(number) for number in found.groups())
    body = re.sub(r'<metadata>.*?</metadata>', '', body, flags=re.DOTALL)
    body = _own_ids(body, re.sub(r'\W+', '-', plot.name))
    for colour, name in VARIABLES.items():
        body = body.replace(colour, f'var(--{name})')
    head = (
        f'<svg role="img" aria-label="{escape(alt)}" viewBox="0 0 {width:g} {height:g}" '
        f'style="min-width: {0.9 * width:.0f}px; max-width: {1.4 * width:.0f}px" '
        'xmlns:xlink="http://www.w3.org/1999/xlink">'
    )
    return Markup(head + body)


def _own_ids(body: str, prefix: str) -> str:
    """Give the ids of one drawing a prefix: several drawings share a page."""
    body = re.sub(r'\bid="', f'id="{prefix}-', body)
    body = re.sub(r'href="#', f'href="#{prefix}-', body)
    return re.sub(r'url\(#', f'url(#{prefix}-', body)
