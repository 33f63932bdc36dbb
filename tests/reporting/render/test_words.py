"""One grid in three forms: each cell has the same words, and marks of its own."""

from __future__ import annotations

import io

import pytest
from rich.console import Console

from mlfo_mm.reporting.aggregate import Cell
from mlfo_mm.reporting.grid import (
    Column,
    Cost,
    Count,
    Difference,
    Grid,
    GridRow,
    Judged,
    Measured,
    Missing,
    Number,
    Page,
    Quoted,
    Text,
)
from mlfo_mm.reporting.render.csv import csv_text
from mlfo_mm.reporting.render.html import merged, words_markup
from mlfo_mm.reporting.render.markdown import bullets, cell_markdown, page_markdown
from mlfo_mm.reporting.render.screen import show
from mlfo_mm.reporting.render.words import words
from mlfo_mm.reporting.specs import COSTS

MEAN = Cell('measured', '', (40.0, 44.0), 3, 42.0, 2.5)
LOW = Cell('measured', '', (12.0,), 1, 12.0, None, 12.5, at_chance=True)
FORMS = [
    (Measured(MEAN, 1), '**42.0 ± 2.5** (n=2/3)', '<strong>42.0 ± 2.5</strong> (n=2/3)', ''),
    (Measured(MEAN, 2), '<ins>42.0 ± 2.5</ins> (n=2/3)', '<ins>42.0 ± 2.5</ins> (n=2/3)', ''),
    (Measured(LOW, 0, 2), '12.0 † (n=1) [2]', '12.0 † (n=1) [2]', ''),
    (Missing(), '—', '—', 'absent'),
    (Missing('not run'), '— not run', '— not run', 'absent'),
    (Missing('failed', 'a | b\nc'), '— failed: a / b c', '— failed: a / b c', 'failed'),
    (Quoted((41.5, None)), '41.5 / —', '41.5 / —', ''),
    (Quoted((None, None)), '—', '—', 'absent'),
    (Difference((-13.2,)), '-13.2', '-13.2', ''),
    (Difference((10.0,), 2.3), '+10.0 ± 2.3', '+10.0 ± 2.3', ''),
    (Cost(5400.0, COSTS[-1]), '1.50', '1.50', ''),
    (Count(1, 2), '1/2', '1/2', ''),
    (Number(0.0123, 2, significant=True), '0.012', '0.012', ''),
    (Judged('not run', overall=True), '**not run**', '<strong>not run</strong>', 'not run'),
    (Judged('inconclusive', 'one seed'), 'inconclusive: one seed', None, 'inconclusive'),
    (Text('<b> **x**'), '&lt;b> **x**', '&lt;b&gt; **x**', ''),
    (Text('a', link='b.py', code=True), '[`a`](b.py)', 'a', ''),
]


@pytest.mark.parametrize(('cell', 'markdown', 'html', 'state'), FORMS)
def test_forms_of_a_cell(cell, markdown, html, state):
    assert cell_markdown(cell) == markdown
    assert words_markup(words(cell)) == (markdown if html is None else html)
    assert words(cell).state == state


def test_one_reason_over_several_columns_is_said_once():
    dash, lacks, three = Missing(), Missing('not run'), Number(3.0, 1)
    row = [dash, dash, lacks, lacks, three, three, lacks]
    assert [(cell.plain, width) for cell, width in merged(row)] == [
        ('—', 1),
        ('—', 1),
        ('— not run', 2),
        ('3.0', 1),
        ('3.0', 1),
        ('— not run', 1),
    ]


def test_values_of_a_csv_line():
    line = dict(a=1 / 3, b=True, c=(0, 2), d=None, p=1e-7, e=3, f='x,y', g=50.0)
    assert csv_text((*line, 'h'), [line]) == (
        'a,b,c,d,p,e,f,g,h\n0.3333,true,"[0, 2]",,1e-07,3,"x,y",50,\n'
    )


FOREIGN = (
    '<script>alert(1)</script> [x](javascript:alert(1)) ![y](z) `c`\r\n\n# h | t \x1b[2J\u202e'
)
SAFE = (
    r"&lt;script>alert(1)&lt;/script> [x]\(javascript:alert(1)) ![y]\(z) 'c' # h / t \x1b[2J\u202e"
)


def test_names_out_of_records_are_words_in_markdown():
    for cell in (Text(FOREIGN), Missing(FOREIGN), Judged('inconclusive', FOREIGN)):
        assert SAFE in cell_markdown(cell)
    assert bullets([FOREIGN, 'b']) == f'- {SAFE}\n- b'
    column = Column(FOREIGN, 'label')
    grid = Grid(FOREIGN, (column,), (GridRow((Text(FOREIGN),)),), (FOREIGN,))
    page = page_markdown(Page(FOREIGN, 'demo', 'Measured.', (grid,), (), (FOREIGN,)))
    assert page.count(SAFE) == 6 and '<script' not in page and '](' not in page
    assert cell_markdown(Text('a`b`<c', code=True)) == "`a'b'<c`"


@pytest.mark.parametrize('text', ['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', '\r=1'])
def test_a_spreadsheet_computes_nothing(text):
    field = csv_text(('a',), [dict(a=text)]).splitlines()[1]
    assert field.strip('"')[0] in ("'", '\\')
    assert csv_text(('a',), [dict(a=-1.5)]) == 'a\n-1.5\n'
    assert csv_text(('a',), [dict(a=('=1', 2))]) == 'a\n"[=1, 2]"\n'


def test_names_are_no_markup_on_a_terminal():
    text = io.StringIO()
    grid = Grid('[/b]', (Column('[red]', 'label'),), (GridRow((Text('[/x] \x1b[2J'),)),), ('[/y]',))
    show(grid, Console(file=text, width=80))
    show(grid, Console(file=text, width=80), everything=True)
    for said in ('[/b]', '[red]', r'[/x] \x1b[2J', '[/y]'):
        assert said in text.getvalue()
