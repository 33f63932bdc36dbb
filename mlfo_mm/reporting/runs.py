"""Tables of the pretraining runs themselves: what they cost, and where their training ended."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from mlfo_mm.reporting.aggregate import choose_runs, mean_interval
from mlfo_mm.reporting.markdown import DASH, Grid, dataset_name, plain_text
from mlfo_mm.reporting.plain import csv_text, number
from mlfo_mm.reporting.specs import COSTS, Row, why_no_cost
from mlfo_mm.study.identity import RunKey, run_key
from mlfo_mm.study.names import BACKBONES
from mlfo_mm.study.profiles import Profile
from mlfo_mm.study.records import Record
from mlfo_mm.study.tasks import PRETRAIN

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
IDENTITY = ('table', 'profile', 'method', 'variant', 'backbone', 'pretrain')
COST_FIELDS = ('device', 'quantity', 'mean', 'half_width', 'n', 'seeds', 'status', 'reason')
TRAINING_FIELDS = ('seed', 'quantity', 'first', 'last', 'epochs', 'family', 'status', 'reason')


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


def device_name(record: Record) -> str:
    """Return what a run ran on: its GPUs, else its processor."""
    hardware = record.hardware
    found = hardware.get('gpus')
    gpus = [str(name) for name in found] if isinstance(found, list) else []
    if gpus:
        names = [f'{gpus.count(name)} x {name}' for name in dict.fromkeys(gpus)]
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


def costs_table(records: Sequence[Record], profile: Profile) -> tuple[Grid, str]:
    """Return the costs as a grid to be read and as CSV."""
    rows = cost_rows(records)
    lines, cells = [], []
    for row in rows:
        values = {metric.key: row.values(metric.key) for metric in COSTS}
        status, why = _why_none(row)
        reason = f'{DASH} failed: {plain_text(why)[:60]}' if status == 'failed' else f'{DASH} {why}'
        shown = [
            metric.show(mean_interval(values[metric.key])[0]) if values[metric.key] else reason
            for metric in COSTS
        ]
        n = f'{len(row.runs)}' + (f'/{len(row.runs) + len(row.failed)}' if row.failed else '')
        lines.append((*_names(row.key), plain_text(row.device) or DASH, n, *shown))
        cells += [_cost_fields(profile, row, name, found) for name, found in values.items()]
    labels = [metric.label for metric in COSTS]
    header = ('Method', 'Backbone', 'Pretrained on', 'Machine', 'n', *labels)
    measured = tuple(bool(row.runs) for row in rows)
    notes = () if rows else ('No pretraining of this profile is recorded.',)
    grid = Grid('Costs', header, tuple(lines), measured, notes)
    return grid, csv_text((*IDENTITY, *COST_FIELDS), cells)


def _why_none(row: CostRow) -> tuple[str, str]:
    """Return status and reason of a cost that no run has."""
    if row.failed and not row.runs:
        return 'failed', ' '.join(row.failed[-1].reason.split())
    return 'not run', why_no_cost(row.key.method)


def _cost_fields(
    profile: Profile, row: CostRow, quantity: str, values: Sequence[float]
) -> dict[str, str]:
    fields = _identity('costs', profile, row.key)
    fields |= dict(device=row.device, quantity=quantity, n=str(len(values)))
    if not values:
        status, reason = _why_none(row)
        return fields | dict(status=status, reason=reason)
    mean, half = mean_interval(values)
    seeds = ' '.join(str(run.seed) for run in row.runs if quantity in run.cost)
    fields |= dict(status='measured', mean=number(mean), seeds=seeds)
    return fields | ({} if half is None else dict(half_width=number(half)))


def training_table(records: Sequence[Record], profile: Profile) -> tuple[Grid, str]:
    """Return where each pretraining run ended as a grid to be read and as CSV."""
    groups: dict[RunKey, list[Record]] = {}
    for record in records:
        if record.task == PRETRAIN:
            groups.setdefault(run_key(record), []).append(record)
    lines, cells, measured, notes = [], [], [], []
    for key in sorted(groups):
        done, failed, left_out = choose_runs(groups[key])
        notes += [f'{" / ".join(_names(key))}: {note}' for note in left_out]
        for run in sorted([*done, *failed], key=lambda run: run.seed):
            ends = last_values(run)
            reason = ' '.join(run.reason.split())
            shown = [_training_cell(ends, name, reason) for name in QUANTITIES]
            epochs = f'{run.curves["epoch"][-1]:g}' if run.curves.get('epoch') else DASH
            lines.append((*_names(key), str(run.seed), epochs, *shown))
            measured.append(run.status == 'done')
            fields = _identity('training', profile, key)
            fields |= dict(seed=str(run.seed), family=run.family_hash, status=run.status)
            fields |= dict(epochs='' if epochs == DASH else epochs, reason=reason)
            for name, last in ends.items() or {'': None}.items():
                first = next((v for v in run.curves.get(name, []) if v is not None), None)
                values = dict(quantity=name, first=_number(first), last=_number(last))
                cells.append(fields | values)
    header = ('Method', 'Backbone', 'Pretrained on', 'Seed', 'Epochs', *QUANTITIES.values())
    if not lines:
        notes = ['No pretraining of this profile is recorded.']
    grid = Grid('Last epoch', header, tuple(lines), tuple(measured), tuple(notes))
    return grid, csv_text((*IDENTITY, *TRAINING_FIELDS), cells)


def last_values(run: Record) -> dict[str, float]:
    """Return the last logged value of every quantity, from the curves, else from the metrics."""
    ends = dict(run.metrics)
    for name, values in run.curves.items():
        found = [value for value in values if value is not None]
        if name != 'epoch' and found:
            ends[name] = found[-1]
    return dict(sorted(ends.items()))


def _training_cell(ends: Mapping[str, float], name: str, reason: str) -> str:
    if name in ends:
        return f'{ends[name]:.3g}'
    return f'{DASH} failed: {plain_text(reason)[:60]}' if reason else f'{DASH} not logged'


def _number(value: float | None) -> str:
    return '' if value is None else f'{value:.6g}'


def _names(key: RunKey) -> tuple[str, str, str]:
    label = Row(key.method, key.backbone, key.pretrain, key.variant).label
    backbone = BACKBONES.get(key.backbone, key.backbone)
    return plain_text(label), plain_text(backbone), dataset_name(key.pretrain)


def _identity(table: str, profile: Profile, key: RunKey) -> dict[str, str]:
    return dict(table=table, profile=profile.name, **key._asdict())
