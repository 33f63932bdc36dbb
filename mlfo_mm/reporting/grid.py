"""What a table holds, as values: no form of a table is made here, none is read back.

A :class:`Page` has grids, a grid has typed columns and rows of typed cells. The renderers in
:mod:`mlfo_mm.reporting.render` walk them, one for each form.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from mlfo_mm.reporting.aggregate import Cell
from mlfo_mm.study.identity import RunKey
from mlfo_mm.study.tasks import Metric

Emphasis = Literal['', 'best', 'second', 'strong', 'term']
ColumnKind = Literal['label', 'measured', 'quoted', 'difference', 'cost', 'text']


@dataclass(frozen=True)
class Text:
    """Words; ``link`` leads from them, ``code`` is something that one types."""

    text: str
    emphasis: Emphasis = ''
    link: str = ''
    code: bool = False


@dataclass(frozen=True)
class Missing:
    """No number. Without status and reason there is nothing to say about it.

    Attributes:
        status: ``failed``, ``not run``, or empty.
        reason: Why, as far as it is known.
    """

    status: str = ''
    reason: str = ''


@dataclass(frozen=True)
class Number:
    """A number with that many digits after the point, or with that many that count."""

    value: float
    digits: int = 0
    significant: bool = False


@dataclass(frozen=True)
class Count:
    """Runs that are finished, of how many."""

    done: int
    planned: int


@dataclass(frozen=True)
class Measured:
    """A mean over seeds.

    Attributes:
        cell: The number with its interval, its seeds and whether it is at chance.
        rank: 1 for the best of its column, 2 for the second best, 0 for others.
        protocol: Number of its protocol line where the column has several, else 0.
        seeds: Whether their number stands beside it; where it is the same all over, a note has it.
    """

    cell: Cell
    rank: int = 0
    protocol: int = 0
    seeds: bool = True


@dataclass(frozen=True)
class Quoted:
    """What the paper prints, one value a metric; None where it prints none."""

    values: tuple[float | None, ...]


@dataclass(frozen=True)
class Difference:
    """Points between two accuracies, one a metric; ``half_width`` of the interval of a single one."""

    values: tuple[float | None, ...]
    half_width: float | None = None


@dataclass(frozen=True)
class Cost:
    """A cost in the unit of a record; the metric knows the one in which it is printed."""

    value: float
    metric: Metric


@dataclass(frozen=True)
class Judged:
    """The verdict on a comparison, or (``overall``) on a whole statement."""

    status: str
    reason: str = ''
    overall: bool = False


GridCell = Text | Missing | Number | Count | Measured | Quoted | Difference | Cost | Judged
EMPTY = Text('')
CHANCE = 'Chance'  # name of the row that says what guessing reaches


@dataclass(frozen=True)
class Column:
    """Head of a column and what stands below it.

    Attributes:
        kind: ``label`` says which runs a row is of; ``measured`` holds the numbers that the grid is
            for; ``quoted``, ``difference`` and ``cost`` stand beside them.
        dataset: Data set of its numbers, where they are of one.
        metric: Key of their metric, where they are of one.
    """

    heading: str
    kind: ColumnKind = 'text'
    dataset: str = ''
    metric: str = ''


@dataclass(frozen=True)
class GridRow:
    """One row: a cell a column.

    Attributes:
        measured: Whether it holds a measured number, or serves those that do.
        key: The runs in it; None for none and for the row of chance.
    """

    cells: tuple[GridCell, ...]
    measured: bool = True
    key: RunKey | None = None


@dataclass(frozen=True)
class Grid:
    """A rectangle of cells with notes below it."""

    title: str
    columns: tuple[Column, ...]
    rows: tuple[GridRow, ...]
    notes: tuple[str, ...] = ()

    @property
    def measured(self) -> bool:
        """Whether any row holds a measured number."""
        return any(row.measured for row in self.rows)


@dataclass(frozen=True)
class Page:
    """A whole table: grids under a title.

    Attributes:
        profile: Name of the profile whose records it is of.
        scale: How its numbers relate to the paper's.
        legend: How cells are read: the same for all pages that have one.
        notes: What holds for all grids.
    """

    title: str
    profile: str
    scale: str
    grids: tuple[Grid, ...]
    legend: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


# one line of a CSV file, by column; None and what is absent stay empty
Value = str | int | float | bool | tuple[int, ...] | None
CsvLine = Mapping[str, Value]
