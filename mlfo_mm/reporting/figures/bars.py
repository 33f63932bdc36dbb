"""The measured rows of a table as bars, with the paper's values in panels of their own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from mlfo_mm.reporting.aggregate import Line, Panel
from mlfo_mm.reporting.figures.bar_panels import Bar, BarPanel, draw_bars, highest_first
from mlfo_mm.reporting.figures.style import Plot, render
from mlfo_mm.reporting.labels import dataset_name
from mlfo_mm.reporting.specs import TableSpec
from mlfo_mm.study.names import BACKBONES
from mlfo_mm.study.profiles import PAPER_DATASETS, Profile
from mlfo_mm.study.tasks import Metric

READING = (
    'mean over seeds with the 95 % Student t interval (none for one seed); dots are single seeds, '
    'the dashed line is chance, † is not above it; a dash is no number: the table says why. The highest '
    'stands first; what was measured has one scale, what the paper prints another.'
)


def bar_plot(
    spec: TableSpec, panel: Panel, profile: Profile, command: str, quoted: bool = True
) -> Plot:
    """Build the bars of one block of a table: of the metric that the paper prints, else of all.

    ``quoted`` is whether what the paper prints has panels of its own beside.
    """
    name = f'{spec.name}_{panel.block.task}' + ('' if quoted else '_measured')
    title = f'{spec.title}, {panel.block.title[0].lower()}{panel.block.title[1:]}'
    printed = [metric for metric in panel.block.metrics if metric.quoted]
    metrics = printed[:1] or list(panel.block.metrics)
    lines = [line for line in panel.lines if _runs(line, panel, metrics)]
    if not lines:
        missing = f'nothing of {spec.name} ({panel.block.task}) is measured; run it: {command}'
        return Plot(name, title, '', missing=(missing,))
    order = highest_first([_columns(lines, panel, metrics, quoted)], len(lines))
    lines = [lines[place] for place in order]
    columns = _columns(lines, panel, metrics, quoted)
    labels = _labels(lines)
    told = ', '.join(metric.full for metric in metrics)
    sentences = [f'{told} in percent: {READING}']
    if _mixed([panel]):
        sentences.append('The rows differ in protocol: see the notes of the table.')
    if any(column.quoted for column in columns):
        sentences.append(
            'Grey: what the paper prints for the row.'
            if profile.paper
            else 'Grey: what the paper prints for the row, on its own data: compare the order, not '
            'the numbers.'
        )
    files = render(
        lambda: draw_bars(title, f'{told} (%)' if len(metrics) == 1 else '%', labels, [columns]),
        name,
    )
    return Plot(name, title, ' '.join(sentences), _alt(labels, columns), files)


def comparison_plot(
    name: str, title: str, panels: Sequence[Panel], costs: Sequence[Metric]
) -> Plot:
    """Build the bars of several blocks over the same rows: data sets below each other, then costs."""
    count = len(panels[0].lines)
    rows = [
        [
            column
            for panel in panels
            for column in _measured(panel.lines, panel.block.metrics, dataset, named=True)
        ]
        for dataset in panels[0].datasets
    ]
    rows.append([column for metric in costs if (column := _cost_column(panels[0].lines, metric))])
    rows = [row for row in rows if row]
    shown = [i for i in range(count) if any(i in column.bars for row in rows for column in row)]
    if not shown:
        return Plot(name, title, '', missing=('nothing of these methods is measured',))
    order = [place for place in highest_first(rows, count) if place in shown]
    place = {index: number for number, index in enumerate(order)}
    rows = [
        [replace(column, bars={place[i]: bar for i, bar in column.bars.items()}) for column in row]
        for row in rows
    ]
    labels = _labels([panels[0].lines[index] for index in order])
    sentences = [f'Percent: {READING}']
    if _mixed(panels):
        sentences.append('Some rows differ in protocol: see the notes of the table.')
    files = render(lambda: draw_bars(title, '%', labels, rows), name)
    alt = _alt(labels, [column for row in rows for column in row])
    return Plot(name, title, ' '.join(sentences), alt, files)


def _mixed(panels: Sequence[Panel]) -> bool:
    """Whether some column holds runs of several protocols."""
    return any(
        len({line.cells[d, m.key].protocol for line in panel.lines if line.cells[d, m.key].runs})
        > 1
        for panel in panels
        for d in panel.datasets
        for m in panel.block.metrics
    )


def _runs(line: Line, panel: Panel, metrics: Sequence[Metric]) -> bool:
    return any(line.cells[d, metric.key].runs for d in panel.datasets for metric in metrics)


def _columns(
    lines: Sequence[Line], panel: Panel, metrics: Sequence[Metric], quoted: bool
) -> list[BarPanel]:
    columns: list[BarPanel] = []
    for dataset in panel.datasets:
        columns += _measured(lines, metrics, dataset, named=len(metrics) > 1)
    for dataset in PAPER_DATASETS if quoted else ():
        places = [(panel.block.task, dataset, metric.quoted) for metric in metrics if metric.quoted]
        bars = {
            index: Bar(line.row.values[place])
            for index, line in enumerate(lines)
            for place in places
            if place in line.row.values
        }
        if bars:
            columns.append(BarPanel((f'Paper: {dataset_name(dataset)}',), bars, quoted=True))
    return columns


def _measured(
    lines: Sequence[Line], metrics: Sequence[Metric], dataset: str, *, named: bool
) -> list[BarPanel]:
    columns = []
    for metric in metrics:
        cells = {i: line.cells[dataset, metric.key] for i, line in enumerate(lines)}
        bars = {i: Bar(c.mean, c) for i, c in cells.items() if c.mean is not None}
        if bars:
            head = (dataset_name(dataset), *((_short(metric),) if named else ()))
            chances = {cell.chance for cell in cells.values() if cell.runs}
            columns.append(BarPanel(head, bars, chances.pop() if len(chances) == 1 else None))
    return columns


def _short(metric: Metric) -> str:
    """Return the label of a metric in short, with the features that it is of."""
    return f'{metric.label}, {metric.on.split()[0]}' if metric.on else metric.label


def _cost_column(lines: Sequence[Line], metric: Metric) -> BarPanel | None:
    bars = {
        i: Bar(line.costs[metric.key] * metric.scale)
        for i, line in enumerate(lines)
        if metric.key in line.costs
    }
    return BarPanel((metric.label,), bars, unit='', digits=metric.digits) if bars else None


def _labels(lines: Sequence[Line]) -> list[str]:
    """Return the names of the rows, with backbone and pretraining set where they differ."""
    keys = [line.key for line in lines if line.key]
    backbones = {key.backbone for key in keys}
    pretrains = {key.pretrain for key in keys} - {'none'}
    labels = []
    for line in lines:
        parts = [line.row.label]
        if line.key and len(backbones) > 1:
            parts.append(BACKBONES.get(line.key.backbone, line.key.backbone))
        if line.key and len(pretrains) > 1 and line.key.pretrain != 'none':
            parts.append(f'on {dataset_name(line.key.pretrain)}')
        labels.append(', '.join(parts))
    return labels


def _alt(labels: Sequence[str], columns: Sequence[BarPanel]) -> str:
    parts = []
    for column in columns:
        head = ', '.join(column.head)
        values = ', '.join(
            f'{labels[i]} {bar.value:.{column.digits}f}' for i, bar in column.bars.items()
        )
        parts.append(f'{head}: {values}.')
    return ' '.join(parts)
