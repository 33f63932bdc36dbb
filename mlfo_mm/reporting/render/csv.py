"""The CSV form: plain numbers, one line for each row, data set and metric.

A column has one type in all files: a number is a number, ``true`` and ``false`` are the booleans, what
is absent is empty, and a list reads ``[0, 1, 2]`` whatever its length, so that no reader takes it for a
number.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence

from mlfo_mm.files import no_formula
from mlfo_mm.reporting.grid import CsvLine, Value

SIGNIFICANT = (
    'p',
    'p_holm',
    'p_seeds',
    'first',
    'last',
)  # columns of any size: six digits that count


def csv_text(header: Sequence[str], lines: Iterable[CsvLine]) -> str:
    """Return lines of values as CSV; what a line lacks is empty."""
    text = io.StringIO()
    writer = csv.DictWriter(text, header, restval='', lineterminator='\n')
    writer.writeheader()
    for line in lines:
        writer.writerow({name: field(name, value) for name, value in line.items()})
    return text.getvalue()


def field(name: str, value: Value) -> str:
    """Return what stands in a column for a value."""
    match value:
        case None:
            return ''
        case bool():
            return str(value).lower()
        case int() | float() if name in SIGNIFICANT:
            return f'{value:.6g}'
        case float():
            return number(value)
        case tuple():
            return f'[{", ".join(map(str, value))}]'
        case _:
            return no_formula(str(value))


def number(value: float) -> str:
    """Return a number with at most four decimals and no trailing zeros."""
    return f'{value:.4f}'.rstrip('0').rstrip('.')
