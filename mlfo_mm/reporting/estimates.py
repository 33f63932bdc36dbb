"""Memory of a training step on a GPU, as it was estimated without one: beside the costs, marked so."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path

from mlfo_mm.errors import UserError
from mlfo_mm.files import read_text
from mlfo_mm.reporting.grid import Column, CsvLine, Grid, GridRow, Missing, Number, Text
from mlfo_mm.reporting.labels import backbone_name, one_line
from mlfo_mm.reporting.specs import Row
from mlfo_mm.study.paths import REPOSITORY
from mlfo_mm.study.profiles import Profile

FILE = 'estimates/gpu_memory.csv'
GIB = 2**30
CARDS = (80, 24)  # GB that a card has
ROOM = 0.85  # share of it for tensors: the rest is the driver's, the convolutions' and lost between
FIELDS = (
    'method',
    'variant',
    'backbone',
    'precision',
    'samples',
    'weights_gib',
    'optimizer_gib',
    'activations_gib',
    'total_gib',
    *(f'largest_{card}' for card in CARDS),
)
HEADS = (
    'Method',
    'Backbone',
    'Precision',
    'Samples',
    'Weights (GiB)',
    'Optimiser, buckets (GiB)',
    'Batch, activations (GiB)',
    'Highest (GiB)',
    *(f'Samples on {card} GB' for card in CARDS),
)
NOTES = (
    'Estimates, not measured: shapes of one step on a GPU that is not there '
    '(`tools/dev/gpu_memory.py`), with the batch that a recipe gives to one of 8 GPUs. A sample is '
    'a video with all of its clips.',
    f'Samples on a card: what fits in {100 * ROOM:.0f} % of it, where memory grows evenly with the batch. '
    '0: a batch of 1 does not. Drivers, workspaces of convolutions and fragments have the rest.',
)


def load_estimates(results_dir: str | Path) -> list[dict[str, str]]:
    """The stored estimates: of the results folder, else of the checkout; none where there are none."""
    folders = (Path(results_dir), REPOSITORY / 'results')
    path = next((folder / FILE for folder in folders if (folder / FILE).is_file()), None)
    if path is None:
        return []
    reader = csv.DictReader(io.StringIO(read_text(path), newline=''), restkey='', restval='')
    rows = list(reader)
    if tuple(reader.fieldnames or ()) != FIELDS:
        raise UserError(f'{path}: the columns must be {", ".join(FIELDS)}: tools/dev/gpu_memory.py')
    for number, row in enumerate(rows, start=2):
        for key in FIELDS[4:]:
            try:
                float(row[key])
            except ValueError:
                raise UserError(f'{path}:{number}: {key}={row[key]!r} is no number') from None
    return rows


def estimate_lines(rows: Sequence[Mapping[str, str]], profile: Profile) -> list[CsvLine]:
    """Their lines of the CSV, beside the measured costs."""
    return [
        dict(
            table='costs',
            profile=profile.name,
            method=row['method'],
            variant=row['variant'],
            backbone=row['backbone'],
            pretrain='kinetics400',
            device=f'a GPU, {row["samples"]} samples',
            quantity=f'memory_gib_{row["precision"]}',
            mean=float(row['total_gib']),
            status='estimated',
            reason='fake tensors, not measured',
        )
        for row in rows
    ]


def estimates_grid(rows: Sequence[Mapping[str, str]]) -> Grid:
    """A grid of them, in the order of the file."""
    made = []
    for row in rows:
        label = Row(row['method'], row['backbone'], 'kinetics400', row['variant']).label
        fit = [Number(float(row[key])) if float(row[key]) else Missing() for key in FIELDS[9:]]
        cells = (
            Text(one_line(label)),
            Text(backbone_name(row['backbone'])),
            Text(one_line(row['precision'])),
            Number(float(row['samples'])),
            *(Number(float(row[key]), 2) for key in FIELDS[5:9]),
            *fit,
        )
        made.append(GridRow(cells))
    columns = [Column(head, 'label' if place < 2 else 'text') for place, head in enumerate(HEADS)]
    return Grid('Memory of a step on one GPU: estimates', tuple(columns), tuple(made), NOTES)
