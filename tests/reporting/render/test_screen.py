"""Grids on the terminal: emphasis, rows without a number, columns that do not fit."""

from __future__ import annotations

import io

from rich.console import Console

from mlfo_mm.reporting.grid import Column, Grid, GridRow, Missing, Quoted, Text
from mlfo_mm.reporting.render.screen import show, styled, wide_console


def printed(grid, width, **options):
    console = Console(file=io.StringIO(), width=width)
    show(grid, console, **options)
    return console.file.getvalue()


def test_emphasis_becomes_a_style():
    best = styled(Text('42.5', 'best'))
    assert (best.plain, best.style) == ('42.5', 'bold')
    assert styled(Text('4', 'second')).style == 'underline'
    assert styled(Missing('not run')).plain == '— not run'
    # what looks like a mark of some form is a text like others
    assert styled(Text('**x**')).plain == '**x**'


def test_rows_without_a_number_are_named_and_quoted_columns_go_first():
    labels = (Column(head, 'label') for head in ('Method', 'Backbone', 'Pretrained on'))
    columns = (
        *labels,
        Column('UCF101', 'measured'),
        Column('Paper: UCF101', 'quoted'),
        Column('GFLOPs', 'cost'),
    )
    first = (*map(Text, ('MLFO', 'R3D-18', 'UCF101', '63.0')), Quoted((63.2,)), Text('8.5'))
    second = (*map(Text, ('CBT', 'S3D', '')), Missing(), Quoted((54.0,)), Missing())
    grid = Grid('Linear probe', columns, (GridRow(first), GridRow(second, False)), ('a note',))
    wide = printed(grid, 160)
    assert '63.0' in wide and '63.2' in wide and '8.5' in wide and '54.0' not in wide
    assert '1 rows not measured: CBT' in wide and '- a note' in wide
    narrow = printed(grid, 50)
    assert '63.0' in narrow and '63.2' not in narrow and '8.5' not in narrow
    assert '54.0' in printed(grid, 160, everything=True)


def test_a_long_word_is_not_cut():
    grid = Grid(
        'T',
        (Column('Method', 'label'), Column('Terms', 'text')),
        (GridRow((Text('MLFO'), Text('retrieval_mid' * 3))),),
    )
    said = printed(grid, 34)
    assert '…' not in said
    parts = [line.split('│')[2].strip() for line in said.splitlines() if line.startswith('│')]
    assert ''.join(parts) == 'retrieval_mid' * 3


def test_a_terminal_keeps_its_width_and_a_file_has_room(monkeypatch):
    monkeypatch.setenv('COLUMNS', '77')
    monkeypatch.delenv('FORCE_COLOR', raising=False)
    assert wide_console().width == 160
    monkeypatch.setenv('FORCE_COLOR', '1')  # how rich is told of a terminal
    assert wide_console().width == 77
