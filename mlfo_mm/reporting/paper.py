"""The paper's printed numbers, read from ``results/paper/*.csv``."""

from __future__ import annotations

import csv
import io
import itertools
from collections.abc import Iterable
from pathlib import Path

from mlfo_mm.errors import UserError
from mlfo_mm.files import read_text
from mlfo_mm.reporting.specs import Row
from mlfo_mm.study.paths import REPOSITORY

COLUMNS = (
    'table',
    'row',
    'name',
    'method',
    'variant',
    'backbone',
    'pretrain',
    'resolution',
    'task',
    'dataset',
    'metric',
    'value',
    'remark',
)


def paper_file(table: str, results_dir: str | Path) -> Path:
    """Return the file of quoted values: of the results folder, else of the checkout."""
    checkout = REPOSITORY / 'results'
    for folder in (Path(results_dir), checkout):
        path = folder / 'paper' / f'{table}.csv'
        if path.is_file():
            return path
    raise UserError(f'{results_dir}/paper/{table}.csv is missing: copy it from the repository')


def load_paper(path: str | Path) -> list[Row]:
    """Read the rows of one table in the order of the file; cells without a value are left out."""
    reader = csv.DictReader(io.StringIO(read_text(path), newline=''), restkey='', restval='')
    try:
        if tuple(reader.fieldnames or ()) != COLUMNS:
            raise UserError(f'{path}: the columns must be {", ".join(COLUMNS)}')
        lines = list(reader)
    except csv.Error as error:
        raise UserError(f'{path}:{reader.line_num}: {error}') from error
    groups = itertools.groupby(enumerate(lines, start=2), key=lambda item: item[1]['row'])
    return [_row(path, list(group)) for _, group in groups]


def _row(path: str | Path, lines: list[tuple[int, dict[str, str]]]) -> Row:
    first = lines[0][1]
    values = {}
    for number, line in lines:
        if line['value']:
            cell = (line['task'], line['dataset'], line['metric'])
            values[cell] = _percent(line['value'], f'{path}:{number}')
    # an ablation keeps the paper's name; methods have names of their own in the specs
    ablation = first['method'] == 'mlfo' and first['name'] != 'Ours'
    return Row(
        method=first['method'],
        variant=first['variant'],
        backbone=first['backbone'],
        pretrain=first['pretrain'],
        kind='quoted',
        tasks=_unique(line['task'] for _, line in lines),
        values=values,
        remarks=_unique(line['remark'] for _, line in lines if line['remark']),
        name=first['name'] if ablation else '',
    )


def _percent(text: str, where: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 100:
        raise UserError(f'{where}: value {text!r} is no percentage')
    return value


def _unique(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(words))
