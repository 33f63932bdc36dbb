"""What the CSV of a table holds: a line of values for each row, data set and metric."""

from __future__ import annotations

from collections.abc import Sequence

from mlfo_mm.reporting.aggregate import Cell, Line, Panel
from mlfo_mm.reporting.grid import CsvLine, Value
from mlfo_mm.study.profiles import PAPER_DATASETS, Profile
from mlfo_mm.study.tasks import Metric

HEADER = (
    'table',
    'profile',
    'task',
    'dataset',
    'metric',
    'label',
    'method',
    'variant',
    'backbone',
    'pretrain',
    'status',
    'mean',
    'half_width',
    'ci_low',
    'ci_high',
    'n',
    'n_planned',
    'seeds',
    'chance',
    'at_chance',
    'test_read',
    'test_skipped',
    'paper_backbone',
    'paper_pretrain',
    'paper_value',
    'difference',
    'family',
    'protocol',
    'reason',
    'params_m',
    'gflops',
    'clips_per_s',
    'peak_memory_mb',
    'wall_time_s',
)


def table_lines(name: str, panels: Sequence[Panel], profile: Profile) -> tuple[CsvLine, ...]:
    """Return the lines of a table.

    A small profile's measured lines hold no paper value: the paper's numbers stand in lines of
    their own, under the paper's data sets, with the status ``quoted``.
    """
    lines: list[CsvLine] = []
    for panel in panels:
        for line in panel.lines:
            for metric in panel.block.metrics:
                for dataset in panel.datasets:
                    cell = line.cells[dataset, metric.key]
                    fields = _identity(name, profile, panel, line, dataset, metric)
                    fields |= _measured(cell)
                    fields |= {cost.key: line.costs.get(cost.key) for cost in panel.costs}
                    if profile.paper:
                        fields |= _quoted(panel, line, dataset, metric, cell.mean)
                    lines.append(fields)
                if not profile.paper:
                    for dataset in PAPER_DATASETS:
                        quoted = _quoted(panel, line, dataset, metric, None)
                        if quoted:
                            fields = _identity(name, profile, panel, line, dataset, metric)
                            lines.append(fields | quoted | dict(status='quoted'))
    return tuple(lines)


def _identity(
    name: str, profile: Profile, panel: Panel, line: Line, dataset: str, metric: Metric
) -> dict[str, Value]:
    key = line.key
    row = line.row
    return dict(
        table=name,
        profile=profile.name,
        task=panel.block.task,
        dataset=dataset,
        metric=metric.key,
        label=row.label,
        method=row.method,
        variant=key.variant if key else row.variant,
        backbone=key.backbone if key else row.backbone,
        pretrain=key.pretrain if key else row.pretrain,
    )


def _measured(cell: Cell) -> dict[str, Value]:
    fields: dict[str, Value] = dict(
        status=cell.status, reason=cell.reason, n=len(cell.values), n_planned=cell.planned
    )
    if cell.mean is None:
        return fields
    fields |= dict(
        mean=cell.mean,
        seeds=tuple(run.seed for run in cell.runs),
        at_chance=None if cell.chance is None else cell.at_chance,
        chance=cell.chance,
        test_read=min(run.n_samples['test']['read'] for run in cell.runs),
        test_skipped=max(run.n_samples['test']['skipped'] for run in cell.runs),
        family=cell.runs[0].family_hash,
        protocol=cell.protocol,
    )
    if cell.half_width is not None:
        fields |= dict(
            half_width=cell.half_width,
            ci_low=cell.mean - cell.half_width,
            ci_high=cell.mean + cell.half_width,
        )
    return fields


def _quoted(
    panel: Panel, line: Line, dataset: str, metric: Metric, mean: float | None
) -> dict[str, Value]:
    value = line.row.values.get((panel.block.task, dataset, metric.quoted))
    if value is None:
        return {}
    return dict(
        paper_backbone=line.row.backbone,
        paper_pretrain=line.row.pretrain,
        paper_value=value,
        difference=None if mean is None else mean - value,
    )
