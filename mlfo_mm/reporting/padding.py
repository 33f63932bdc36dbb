"""What became of the temporal terms by their padding in time: beside the table of it, and its figure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from mlfo_mm.reporting.aggregate import choose_runs, fits_row, mean_interval
from mlfo_mm.reporting.grid import Column, Count, Grid, GridCell, GridRow, Missing, Number, Text
from mlfo_mm.reporting.labels import one_line
from mlfo_mm.reporting.pretrainings import last_values, term_states
from mlfo_mm.reporting.specs import PADDED, Row
from mlfo_mm.study.identity import RunKey, run_key
from mlfo_mm.study.profiles import Profile
from mlfo_mm.study.records import Record
from mlfo_mm.study.tasks import PRETRAIN

TERMS = ('motion', 'retrieval')
LEVELS = ('low', 'mid', 'high')


def padded_runs(records: Sequence[Record], profile: Profile) -> list[tuple[Row, list[Record]]]:
    """Return the finished pretrainings of each row, one a seed, of one pretraining set.

    Runs of one's own come before the shipped ones, whose row says what they are.
    """
    groups: dict[RunKey, list[Record]] = {}
    for record in records:
        if record.task == PRETRAIN:
            groups.setdefault(run_key(record), []).append(record)
    found = []
    for row in PADDED:
        keys = [key for key in groups if fits_row(row, key._replace(reference=False), profile)]
        keys.sort(key=lambda key: (key.reference, key.pretrain != profile.pretrain, key))
        if keys:
            row = replace(row, reference=keys[0].reference)
        found.append((row, choose_runs(groups[keys[0]])[0] if keys else []))
    return found


def terms_grid(records: Sequence[Record], profile: Profile) -> Grid:
    """Return where the accuracies of the temporal terms ended, and what is said of the terms."""
    runs = padded_runs(records, profile)
    names = [
        (f'acc_{term}_{level}', f'{term.capitalize()}, {level}')
        for term in TERMS
        for level in LEVELS
        if any(f'acc_{term}_{level}' in last_values(run) for _, each in runs for run in each)
    ]
    columns = (
        Column('Method', 'label'),
        Column('n'),
        *(Column(heading, 'measured', metric=key) for key, heading in names),
        Column('Terms, first seed'),
    )
    rows = tuple(_row(row, found, [key for key, _ in names]) for row, found in runs)
    note = (
        'Accuracy over the last epoch in percent, mean over seeds. By chance motion has 1 of 1 + A '
        'answers in the paper form (A augmented features), retrieval 1 of the steps of the long clip.'
    )
    return Grid('Accuracy of the temporal terms in pretraining', columns, rows, (note,))


def _row(row: Row, runs: Sequence[Record], names: Sequence[str]) -> GridRow:
    if not runs:
        missing = Missing('not run', '')
        cells: list[GridCell] = [Text(row.label), missing, *(missing for _ in names), Missing()]
        return GridRow(tuple(cells), False)
    cells = [Text(row.label), Count(len(runs), len(runs))]
    for name in names:
        values = [100 * ends[name] for ends in map(last_values, runs) if name in ends]
        cells.append(Number(mean_interval(values)[0], 1) if values else Missing())
    states = one_line(term_states(runs[0]))
    return GridRow((*cells, Text(states) if states else Missing()), True, run_key(runs[0]))
