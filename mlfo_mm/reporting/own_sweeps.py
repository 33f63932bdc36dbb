"""Sweeps of a user over a config key: their rows, the recipe's own among them, and their table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from mlfo_mm.reporting.specs import SWEEPS, Row, TableSpec
from mlfo_mm.study.config_text import look_up, read_values
from mlfo_mm.study.experiments import SWEPT_VALUE
from mlfo_mm.study.identity import DEFAULT
from mlfo_mm.study.records import Record
from mlfo_mm.study.tasks import TASKS

BEGIN, END = '# pretraining\n', '\n# downstream\n'  # of a pretraining's config in a record's text
NUMBER = (int, float)


@dataclass(frozen=True)
class Point:
    """A value of a key, and the row of its runs.

    Attributes:
        key: Of the config.
        value: A number, or what stands for another value.
        own: Whether it is the recipe's own value.
        row: Of the table.
    """

    key: str
    value: float | str
    own: bool
    row: Row

    @property
    def place(self) -> tuple[bool, float, str]:
        """Numbers by their size, then the others by their names."""
        number = isinstance(self.value, NUMBER)
        return not number, float(self.value) if number else 0.0, str(self.value)


def who(row: Row) -> tuple[str, ...]:
    """Return what tells a row of a sweep from the others."""
    return row.method, row.variant, row.backbone, row.pretrain


@dataclass(frozen=True)
class Sweep:
    """The values of a key that one method was run at, on one backbone and pretraining set."""

    key: str
    points: tuple[Point, ...]

    @property
    def family(self) -> Row:
        """What its runs share."""
        return next((point.row for point in self.points if point.own), self.points[0].row)


def find_sweeps(records: Sequence[Record]) -> list[Sweep]:
    """Return the sweeps among the records of a profile, each by rising value."""
    runs: dict[tuple[str, str, str, str], dict[str, dict[str, Record]]] = {}
    for record in records:
        swept = SWEPT_VALUE.fullmatch(record.variant)
        if swept and record.task in TASKS and not record.reference:
            family = (record.method, swept['base'] or DEFAULT, record.backbone)
            keys = runs.setdefault((*family, record.pretrain_dataset), {})
            keys.setdefault(swept['key'], {})[swept['value']] = record
    found = []
    for (method, base, backbone, pretrain), keys in sorted(runs.items()):
        values = _own_values(records, (method, base, backbone, pretrain))
        told = {key: look_up(values, key) for key in keys}
        words = ', '.join(f'{key}={value}' for key, value in told.items() if value is not None)
        own = Row(method, backbone, pretrain, base, name=_name(base, f"the recipe's {words}"))
        for key, variants in sorted(keys.items()):
            points = [
                Point(key, _number(text), False, _row(own, record.variant, base, key, text))
                for text, record in variants.items()
            ]
            if told[key] is not None:
                points.append(Point(key, _number(str(told[key])), True, own))
            found.append(Sweep(key, tuple(sorted(points, key=lambda point: point.place))))
    return found


def sweep_table(sweeps: Sequence[Sweep], records: Sequence[Record]) -> TableSpec:
    """Return the table of sweeps with the rows that were run, and the blocks of what was measured."""
    points = [p for sweep in sweeps for p in sorted(sweep.points, key=lambda p: not p.own)]
    rows = {who(point.row): point.row for point in points}
    swept = {record.task for record in records if SWEPT_VALUE.fullmatch(record.variant)}
    blocks = tuple(block for block in SWEEPS.blocks if block.task in swept)
    return replace(SWEEPS, blocks=blocks, baselines=tuple(rows.values()))


def _row(own: Row, variant: str, base: str, key: str, text: str) -> Row:
    return replace(own, variant=variant, name=_name(base, f'{key}={text}'))


def _name(base: str, words: str) -> str:
    return words if base == DEFAULT else f'{base}, {words}'


def _own_values(records: Sequence[Record], family: tuple[str, ...]) -> dict[str, object]:
    """The config of the runs without a sweep; empty where there are none."""
    for record in records:
        who = (record.method, record.variant, record.backbone, record.pretrain_dataset)
        if who == family and record.task in TASKS and not record.reference:
            text = record.config_text.partition(BEGIN)[2].partition(END)[0]
            return read_values(text)
    return {}


def _number(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text
