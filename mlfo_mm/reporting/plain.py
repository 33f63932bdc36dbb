"""The CSV form of a table: plain numbers, one line per row, data set and metric."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence

from mlfo_mm.reporting.aggregate import Cell, Line, Panel
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


def csv_text(header: Sequence[str], lines: Iterable[Mapping[str, str]]) -> str:
    """Return lines of fields as CSV text; a field that a line lacks is empty."""
    text = io.StringIO()
    writer = csv.DictWriter(text, header, restval='', lineterminator='\n')
    writer.writeheader()
    writer.writerows(lines)
    return text.getvalue()


def table_csv(name: str, panels: Sequence[Panel], profile: Profile) -> str:
    """Return the table as CSV text.

    A small profile's measured lines hold no paper value: the paper's numbers stand in lines of
    their own, under the paper's data sets, with the status ``quoted``.
    """
    lines: list[dict[str, str]] = []
    for panel in panels:
        for line in panel.lines:
            for metric in panel.block.metrics:
                for dataset in panel.datasets:
                    cell = line.cells[dataset, metric.key]
                    fields = _identity(name, profile, panel, line, dataset, metric)
                    fields |= _measured(cell)
                    fields |= {cost.key: _cost(line, cost) for cost in panel.costs}
                    if profile.paper:
                        fields |= _quoted(panel, line, dataset, metric, cell.mean)
                    lines.append(fields)
                if not profile.paper:
                    for dataset in PAPER_DATASETS:
                        quoted = _quoted(panel, line, dataset, metric, None)
                        if quoted:
                            fields = _identity(name, profile, panel, line, dataset, metric)
                            lines.append(fields | quoted | dict(status='quoted'))
    return csv_text(HEADER, lines)


def _identity(
    name: str, profile: Profile, panel: Panel, line: Line, dataset: str, metric: Metric
) -> dict[str, str]:
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


def _measured(cell: Cell) -> dict[str, str]:
    fields = dict(status=cell.status, reason=cell.reason, n=str(len(cell.values)))
    fields['n_planned'] = str(cell.planned)
    if cell.mean is None:
        return fields
    fields |= dict(
        mean=number(cell.mean),
        seeds=' '.join(str(run.seed) for run in cell.runs),
        at_chance='' if cell.chance is None else str(cell.at_chance).lower(),
        chance='' if cell.chance is None else number(cell.chance),
        test_read=str(min(run.n_samples['test']['read'] for run in cell.runs)),
        test_skipped=str(max(run.n_samples['test']['skipped'] for run in cell.runs)),
        family=cell.runs[0].family_hash,
        protocol=cell.protocol,
    )
    if cell.half_width is not None:
        fields |= dict(
            half_width=number(cell.half_width),
            ci_low=number(cell.mean - cell.half_width),
            ci_high=number(cell.mean + cell.half_width),
        )
    return fields


def _cost(line: Line, metric: Metric) -> str:
    value = line.costs.get(metric.key)
    return '' if value is None else number(value)


def _quoted(
    panel: Panel, line: Line, dataset: str, metric: Metric, mean: float | None
) -> dict[str, str]:
    value = line.row.values.get((panel.block.task, dataset, metric.quoted))
    if value is None:
        return {}
    return dict(
        paper_backbone=line.row.backbone,
        paper_pretrain=line.row.pretrain,
        paper_value=number(value),
        difference='' if mean is None else number(mean - value),
    )


def number(value: float) -> str:
    """Return a number with at most four decimals and no trailing zeros."""
    return f'{value:.4f}'.rstrip('0').rstrip('.')
