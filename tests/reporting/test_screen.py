"""Grids on the terminal: marks of Markdown, rows without a number, columns that do not fit."""

from __future__ import annotations

import io

from rich.console import Console

from mlfo_mm.reporting.markdown import Grid
from mlfo_mm.reporting.screen import show, styled, wide_console


def printed(grid, width):
    console = Console(file=io.StringIO(), width=width)
    show(grid, console)
    return console.file.getvalue()


def test_marks_become_styles():
    assert (styled('**42.5** (n=1)').plain, styled('**42.5** (n=1)').style) == (
        '42.5 (n=1)',
        'bold',
    )
    assert (styled('<ins>4</ins>').plain, styled('<ins>4</ins>').style) == ('4', 'underline')
    assert styled('— not run').style == ''


def test_rows_without_a_number_are_named_and_quoted_columns_go_first():
    header = ('Method', 'Backbone', 'Pretrained on', 'UCF101', 'Paper: UCF101', 'GFLOPs')
    rows = (
        ('MLFO', 'R3D-18', 'UCF101', '63.0', '63.2', '8.5'),
        ('CBT', 'S3D', '', '—', '54.0', '—'),
    )
    grid = Grid('Linear probe', header, rows, (True, False), ('a note',))
    wide = printed(grid, 160)
    assert '63.0' in wide and '63.2' in wide and '8.5' in wide and '54.0' not in wide
    assert '1 rows not measured: CBT' in wide and '- a note' in wide
    narrow = printed(grid, 50)
    assert '63.0' in narrow and '63.2' not in narrow and '8.5' not in narrow


def test_a_terminal_keeps_its_width_and_a_file_has_room(monkeypatch):
    monkeypatch.setenv('COLUMNS', '77')
    monkeypatch.delenv('FORCE_COLOR', raising=False)
    assert wide_console().width == 160
    monkeypatch.setenv('FORCE_COLOR', '1')  # how rich is told of a terminal
    assert wide_console().width == 77
