"""The words of a cell, which all forms share; how they are marked is up to each form."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mlfo_mm.reporting.grid import (
    Cost,
    Count,
    Difference,
    Emphasis,
    GridCell,
    Judged,
    Measured,
    Missing,
    Number,
    Quoted,
    Text,
)
from mlfo_mm.reporting.labels import one_line

DASH = '—'
RANKS: tuple[Emphasis, ...] = ('', 'best', 'second')


@dataclass(frozen=True)
class Words:
    """What stands in a cell.

    Attributes:
        text: With the emphasis.
        tail: Behind it, without.
        state: ``absent``, ``failed``, a verdict, or empty for a number or a label.
    """

    text: str
    tail: str = ''
    emphasis: Emphasis = ''
    state: str = ''

    @property
    def plain(self) -> str:
        """All of it without emphasis."""
        return self.text + self.tail

    @property
    def reasoned(self) -> bool:
        """Whether it says why there is no number."""
        return self.state in ('absent', 'failed') and self.text != DASH


def words(cell: GridCell) -> Words:
    """Say a cell in words."""
    match cell:
        case Text():
            return Words(one_line(cell.text), emphasis=cell.emphasis)
        case Missing():
            return _missing(cell)
        case Number():
            return Words(f'{cell.value:.{cell.digits}{"g" if cell.significant else "f"}}')
        case Count():
            return Words(_count(cell.done, cell.planned))
        case Measured():
            return _measured(cell)
        case Quoted():
            return _joined([None if v is None else f'{v:.1f}' for v in cell.values])
        case Difference():
            half = '' if cell.half_width is None else f' ± {cell.half_width:.1f}'
            return _joined([None if v is None else f'{v:+.1f}{half}' for v in cell.values])
        case Cost():
            return Words(cell.metric.show(cell.value))
        case Judged():
            text = cell.status + (f': {one_line(cell.reason)}' if cell.reason else '')
            return Words(text, emphasis='strong' if cell.overall else '', state=cell.status)


def _missing(cell: Missing) -> Words:
    reason = one_line(cell.reason)
    if cell.status == 'failed':
        return Words(f'{DASH} failed: {reason}', state='failed')
    return Words(f'{DASH} {reason or cell.status}'.strip(), state='absent')


def _measured(shown: Measured) -> Words:
    cell = shown.cell
    text = f'{cell.mean:.1f}'
    if cell.half_width is not None:
        text += f' ± {cell.half_width:.1f}'
    chance = ' †' if cell.suspect else ''
    protocol = f' [{shown.protocol}]' if shown.protocol else ''
    seeds = f' (n={_count(len(cell.values), cell.planned)})' if shown.seeds else ''
    tail = f'{chance}{seeds}{protocol}'
    return Words(text, tail, RANKS[shown.rank])


def _count(done: int, planned: int) -> str:
    return f'{done}' if done == planned else f'{done}/{planned}'


def _joined(parts: Sequence[str | None]) -> Words:
    if not any(parts):
        return Words(DASH, state='absent')
    return Words(' / '.join(part or DASH for part in parts))
