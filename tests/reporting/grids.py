"""Grids of typed cells as the texts that a reader of the Markdown sees."""

from __future__ import annotations

from mlfo_mm.reporting.grid import Grid
from mlfo_mm.reporting.render.markdown import cell_markdown


def texts(grid: Grid) -> list[tuple[str, ...]]:
    return [tuple(map(cell_markdown, row.cells)) for row in grid.rows]


def heads(grid: Grid) -> tuple[str, ...]:
    return tuple(column.heading for column in grid.columns)
