"""Tables of the pretraining runs themselves: what they cost, and where their training ended."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from mlfo_mm.reporting.aggregate import choose_runs, mean_interval
from mlfo_mm.reporting.grid import (
    Column,
    Cost,
    Count,
    CsvLine,
    Grid,
    GridCell,
    GridRow,
    Missing,
    Number,
    Text,
    Value,
)
from mlfo_mm.reporting.labels import backbone_name, dataset_name, one_line
from mlfo_mm.reporting.panel_grids import ROOM
from mlfo_mm.reporting.specs import COSTS, Row, why_no_cost
from mlfo_mm.study.identity import RunKey, run_key
from mlfo_mm.study.profiles import Profile
from mlfo_mm.study.records import Record
from mlfo_mm.study.tasks import PRETRAIN

NAMES = ('Method', 'Backbone', 'Pretrained on')
QUANTITIES = {
    'loss': 'Loss',
    'stat_edges_low': 'Edges, low',
    'stat_edges_mid': 'Edges, mid',
    'stat_edges_high': 'Edges, high',
    'stat_prototypes_used': 'Prototypes used',
    'stat_std_contrast_low': 'Deviation, low',
    'stat_std_contrast_mid': 'Deviation, mid',
    'stat_std_contrast_high': 'Deviation, high',
}
# what the states of a term are called
STATES = dict(solved='solved', shortcut='by a shortcut', chance='not learned')
IDENTITY = ('table', 'profile', 'method', 'variant', 'backbone', 'pretrain')
COST_FIELDS = (
    *IDENTITY,
    'device',
    'quantity',
    'mean',
    'half_width',
    'n',
    'seeds',
    'status',
    'reason',
)
TRAINING_FIELDS = (
    *IDENTITY,
    'seed',
    'quantity',
    'first',
    'last',
    'epochs',
    'family',
    'status',
    'reason',
)


@dataclass(frozen=True)
class CostRow:
    """Costs of one row of runs on one machine, by the keys of a record's ``cost``."""

    key: RunKey
    device: str
    runs: tuple[Record, ...]
    failed: tuple[Record, ...] = ()

    def values(self, quantity: str) -> list[float]:
        """Return the recorded values over seeds."""
        return [run.cost[quantity] for run in self.runs if quantity in run.cost]


def gpus(record: Record) -> list[str]:
    """Return the GPUs of a run, none where the record has no list of them."""
    found = record.hardware.get('gpus')
    return [str(name) for name in found] if isinstance(found, list) else []


def device_name(record: Record) -> str:
    """Return what a run ran on: its GPUs, else its processor."""
    hardware, found = record.hardware, gpus(record)
    if found:
        names = [f'{found.count(name)} x {name}' for name in dict.fromkeys(found)]
        return ', '.join(names)
    return f'{hardware.get("cpu") or "CPU"}, {hardware.get("cores") or "?"} cores'


def cost_rows(records: Iterable[Record]) -> list[CostRow]:
    """Group pretrainings by row and machine; what was only evaluated has its backbone's costs."""
    groups: dict[RunKey, dict[str, list[Record]]] = {}
    evaluated: dict[RunKey, Record] = {}
    for record in records:
        key = run_key(record)
        if record.task == PRETRAIN:
            machine = device_name(record)
            groups.setdefault(key, {}).setdefault(machine, []).append(record)
        elif record.cost:
            newest = max(record, evaluated.get(key, record), key=_moment)
            evaluated[key] = newest
    rows = [CostRow(key, '', (run,)) for key, run in evaluated.items() if key not in groups]
    for key, machines in groups.items():
        for machine, runs in machines.items():
            done, failed, _ = choose_runs(runs)
            rows.append(CostRow(key, machine, tuple(done), tuple(failed)))
    return sorted(rows, key=lambda row: (row.key, row.device))


def mean_costs(records: Iterable[Record]) -> dict[RunKey, dict[str, float]]:
    """Return mean costs by row, of the machine that finished last where there are several."""
    newest: dict[RunKey, CostRow] = {}
    for row in cost_rows(records):
        if row.runs:
            before = newest.get(row.key, row)
            newest[row.key] = max(before, row, key=lambda item: max(map(_moment, item.runs)))
    found = {}
    for key, row in newest.items():
        means = {metric.key: row.values(metric.key) for metric in COSTS}
        found[key] = {name: mean_interval(values)[0] for name, values in means.items() if values}
    return found


def _moment(record: Record) -> tuple[float, str]:
    return record.finished().timestamp(), record.experiment


def costs_table(records: Sequence[Record], profile: Profile) -> tuple[Grid, tuple[CsvLine, ...]]:
    """Return the costs as a grid and as lines of the columns ``COST_FIELDS``."""
    rows = cost_rows(records)
    names = [Column(head, 'label') for head in NAMES]
    # here the costs are what is measured, not what stands beside it
    costs = [Column(metric.label, 'measured', metric=metric.key) for metric in COSTS]
    columns = (*names, Column('Machine'), Column('n'), *costs)
    notes = () if rows else ('No pretraining of this profile is recorded.',)
    grid = Grid('Costs', columns, tuple(map(_cost_row, rows)), notes)
    return grid, tuple(_cost_line(profile, row, m.key) for row in rows for m in COSTS)


def _cost_row(row: CostRow) -> GridRow:
    status, why = _why_none(row)
    missing = Missing(status, one_line(why)[:ROOM])
    machine = Text(row.device) if row.device else Missing()
    values = [(metric, row.values(metric.key)) for metric in COSTS]
    costs = [Cost(mean_interval(found)[0], m) if found else missing for m, found in values]
    n = Count(len(row.runs), len(row.runs) + len(row.failed))
    return GridRow((*_names(row.key), machine, n, *costs), bool(row.runs), row.key)


def _why_none(row: CostRow) -> tuple[str, str]:
    """Return status and reason of a cost that no run has."""
    if row.failed and not row.runs:
        return 'failed', ' '.join(row.failed[-1].reason.split())
    return 'not run', why_no_cost(row.key.method)


def _cost_line(profile: Profile, row: CostRow, quantity: str) -> CsvLine:
    values = row.values(quantity)
    line = _identity('costs', profile, row.key)
    line |= dict(device=row.device, quantity=quantity, n=len(values))
    if not values:
        status, reason = _why_none(row)
        return line | dict(status=status, reason=reason)
    mean, half = mean_interval(values)
    seeds = tuple(run.seed for run in row.runs if quantity in run.cost)
    return line | dict(status='measured', mean=mean, half_width=half, seeds=seeds)


def training_table(records: Sequence[Record], profile: Profile) -> tuple[Grid, tuple[CsvLine, ...]]:
    """Return where each pretraining ended as a grid and as lines of ``TRAINING_FIELDS``."""
    groups: dict[RunKey, list[Record]] = {}
    for record in records:
        if record.task == PRETRAIN:
            groups.setdefault(run_key(record), []).append(record)
    rows: list[GridRow] = []
    lines: list[CsvLine] = []
    notes: list[str] = []
    for key in sorted(groups):
        done, failed, left_out = choose_runs(groups[key])
        name = ' / '.join(text.text for text in _names(key))
        notes += [f'{name}: {note}' for note in left_out]
        for run in sorted([*done, *failed], key=lambda run: run.seed):
            rows.append(_training_row(key, run))
            lines += _training_lines(profile, key, run)
    columns = (
        *(Column(head, 'label') for head in NAMES),
        Column('Seed'),
        Column('Epochs'),
        *(Column(label, 'measured', metric=name) for name, label in QUANTITIES.items()),
        Column('Terms'),
    )
    if not rows:
        notes = ['No pretraining of this profile is recorded.']
    return Grid('Last epoch', columns, tuple(rows), tuple(notes)), tuple(lines)


def _training_row(key: RunKey, run: Record) -> GridRow:
    ends = last_values(run)
    reason = one_line(run.reason)[:ROOM]
    missing = Missing('failed', reason) if reason else Missing('not run', 'not logged')
    epochs = _epochs(run)
    cells: list[GridCell] = [Number(run.seed)]
    cells.append(Missing() if epochs is None else Number(epochs, 6, significant=True))
    cells += [
        Number(ends[name], 3, significant=True) if name in ends else missing for name in QUANTITIES
    ]
    terms = one_line(term_states(run))
    cells.append(Text(terms) if terms else Missing())
    return GridRow((*_names(key), *cells), run.status == 'done', key)


def _training_lines(profile: Profile, key: RunKey, run: Record) -> list[CsvLine]:
    shared = _identity('training', profile, key)
    shared |= dict(seed=run.seed, family=run.family_hash, status=run.status, epochs=_epochs(run))
    shared |= dict(reason=' '.join(run.reason.split()))
    ends = last_values(run)
    if not ends:
        return [shared]
    logged = {
        name: next((value for value in run.curves.get(name, []) if value is not None), None)
        for name in ends
    }
    return [shared | dict(quantity=n, first=logged[n], last=ends[n]) for n in ends]


def term_states(run: Record) -> str:
    """Which terms of a pretraining were solved, followed a shortcut or were not learned."""
    found: dict[str, list[str]] = {}
    for state in list_of(run, 'states'):
        name = str(state.get('name', '')).removeprefix('loss_')
        found.setdefault(STATES.get(str(state.get('kind')), '?'), []).append(name)
    return '; '.join(f'{word}: {", ".join(names)}' for word, names in found.items())


def list_of(run: Record, key: str) -> list[dict[str, Any]]:
    """The dicts of a list in a pretraining's log; none where it has no such list."""
    found = (run.train_log or {}).get(key)
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def _epochs(run: Record) -> float | None:
    return run.curves['epoch'][-1] if run.curves.get('epoch') else None


def last_values(run: Record) -> dict[str, float]:
    """Return the last logged value of every quantity, from the curves, else from the metrics."""
    ends = dict(run.metrics)
    for name, values in run.curves.items():
        found = [value for value in values if value is not None]
        if name != 'epoch' and found:
            ends[name] = found[-1]
    return dict(sorted(ends.items()))


def _names(key: RunKey) -> tuple[Text, Text, Text]:
    label = Row.of(key).label
    texts = one_line(label), backbone_name(key.backbone), dataset_name(key.pretrain)
    return Text(texts[0]), Text(texts[1]), Text(texts[2])


def _identity(table: str, profile: Profile, key: RunKey) -> dict[str, Value]:
    words = (key.variant, 'reference' if key.reference else '')
    named = key._asdict() | dict(variant=', '.join(filter(None, words)))
    named.pop('reference')
    return dict(table=table, profile=profile.name, **named)
