"""From filled panels to grids of typed cells, with what each number rests on in the notes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from mlfo_mm.reporting.aggregate import Cell, Line, Panel
from mlfo_mm.reporting.grid import (
    CHANCE,
    EMPTY,
    Column,
    Cost,
    Difference,
    Grid,
    GridCell,
    GridRow,
    Measured,
    Missing,
    Number,
    Page,
    Quoted,
    Text,
)
from mlfo_mm.reporting.labels import backbone_name, dataset_name, one_line
from mlfo_mm.reporting.specs import TableSpec, why_no_cost
from mlfo_mm.study.chance import FAR
from mlfo_mm.study.names import BACKBONES
from mlfo_mm.study.profiles import PAPER_DATASETS, Profile
from mlfo_mm.study.tasks import Metric

RUN_OF_PAPER = "Paper's run"  # heading of the column that says of what the paper's numbers are
ROOM = 60  # letters of a reason that fit in a cell
LEGEND = (
    'Percent. Mean ± half of the 95 % Student t interval over n seeds; one seed has none. '
    'n=2/3: one of three seeds failed. Bold is the highest mean, underlined the second, of what is above '
    'chance in a column: an order, not a test.',
    '† not above chance by the binomial error of the test set: weights or labels are suspect. A test '
    f'set that does not tell {FAR:g} points above chance from chance is too small to say so: no †, a '
    'note. Chance assumes balanced classes.',
    "* a row beyond the paper's.",
)


@dataclass(frozen=True)
class Filled:
    """A column with its cells; ``chance`` stands in a row of its own above them."""

    column: Column
    cells: tuple[GridCell, ...]
    chance: float | None = None


def panel_grids(panel: Panel, profile: Profile, quoted: bool = True) -> list[Grid]:
    """Return one grid for a block of one metric, else one per data set.

    ``quoted`` is whether the paper's values stand beside the measured ones.
    """
    if len(panel.block.metrics) == 1:
        return [_grid(panel, panel.datasets, profile, quoted)]
    return [_grid(panel, (dataset,), profile, quoted) for dataset in panel.datasets]


def table_page(
    spec: TableSpec, panels: Sequence[Panel], grids: Sequence[Grid], profile: Profile
) -> Page:
    """Return a table that has panels as a page."""
    notes = tuple(_page_notes(spec, panels))
    return Page(spec.title, profile.name, scale(spec, profile), tuple(grids), LEGEND, notes)


def scale(spec: TableSpec, profile: Profile) -> str:
    """Return how the numbers of a table relate to the paper's."""
    if not spec.quoted:
        return "Measured on this profile's own data and schedule; no number of the paper is among them."
    if profile.paper:
        return 'Runs of the configurations at paper scale; a difference is measured minus paper.'
    return (
        "Measured on this profile's own data and schedule: not comparable with the paper's "
        'numbers; those that are shown stand in columns of their own.'
    )


def _grid(panel: Panel, datasets: Sequence[str], profile: Profile, quoted: bool) -> Grid:
    block, lines = panel.block, panel.lines
    single = len(block.metrics) == 1
    columns = identity_columns(lines, profile)
    notes: list[str] = []
    quotes = quoted and any(metric.quoted for metric in block.metrics)
    for dataset in datasets:
        headings = [dataset_name(dataset)] if single else [metric.label for metric in block.metrics]
        found, found_notes = measured_columns(panel, dataset, headings)
        notes += found_notes
        columns += found
        if quotes and profile.paper:
            columns += [_quoted_column(panel, dataset), _difference_column(panel, dataset)]
    if quotes and not profile.paper:
        columns.append(Filled(Column(RUN_OF_PAPER, 'quoted'), tuple(map(_paper_run, lines))))
        columns += [_quoted_column(panel, dataset) for dataset in PAPER_DATASETS]
    columns += [_cost_column(lines, metric) for metric in panel.costs]
    title = block.title if single else f'{block.title}: {dataset_name(datasets[0])}'
    measured = [any(_measured(line, panel, dataset) for dataset in datasets) for line in lines]
    return join_columns(title, columns, lines, measured, notes + panel.notes.get('', []))


def join_columns(
    title: str,
    columns: Sequence[Filled],
    lines: Sequence[Line],
    measured: Sequence[bool],
    notes: Sequence[str],
) -> Grid:
    """Return columns as a grid, with the row of chance where one of them has it."""
    rows = [
        GridRow(tuple(filled.cells[index] for filled in columns), measured[index], line.key)
        for index, line in enumerate(lines)
    ]
    if any(filled.chance is not None for filled in columns):
        values = [EMPTY if f.chance is None else Number(f.chance, 1) for f in columns[1:]]
        rows.insert(0, GridRow((Text(CHANCE), *values)))
    return Grid(title, tuple(filled.column for filled in columns), tuple(rows), tuple(notes))


def _measured(line: Line, panel: Panel, dataset: str) -> list[Cell]:
    cells = [line.cells[dataset, metric.key] for metric in panel.block.metrics]
    return [cell for cell in cells if cell.status == 'measured']


def identity_columns(lines: Sequence[Line], profile: Profile) -> list[Filled]:
    """Return what says which runs stand in each row."""
    names: list[GridCell] = []
    backbones: list[GridCell] = []
    sets: list[GridCell] = []
    beyond = ' *' if any(line.row.kind == 'quoted' for line in lines) else ''
    for line in lines:
        row, key = line.row, line.key
        names.append(Text(row.label + ('' if row.kind == 'quoted' else beyond)))
        backbone = backbone_name(key.backbone if key else row.backbone)
        backbones.append(Text(backbone) if backbone else Missing())
        if key or profile.paper:
            sets.append(Text(dataset_name(key.pretrain if key else row.pretrain)))
        else:
            sets.append(Missing())
    heads = ('Method', 'Backbone', 'Pretrained on')
    return [
        Filled(Column(head, 'label'), tuple(cells))
        for head, cells in zip(heads, (names, backbones, sets), strict=True)
    ]


def measured_columns(
    panel: Panel, dataset: str, headings: Sequence[str]
) -> tuple[list[Filled], list[str]]:
    """Return a column for each metric on a data set, and what the numbers rest on."""
    marks, notes = _protocols(panel, dataset)
    notes = [*notes, *_data_notes(panel, dataset), *_small_notes(panel, dataset)]
    notes += panel.notes.get(dataset, [])
    columns = [
        _measured_column(panel, Column(heading, 'measured', dataset, metric.key), marks)
        for heading, metric in zip(headings, panel.block.metrics, strict=True)
    ]
    return columns, notes


def _measured_column(panel: Panel, column: Column, marks: dict[str, int]) -> Filled:
    cells = [line.cells[column.dataset, column.metric] for line in panel.lines]
    # neither what is at chance nor runs under different protocols are ranked against each other
    above = [cell for cell in cells if cell.runs and not cell.at_chance]
    best = sorted({_shown(cell) for cell in above}, reverse=True)[:2]
    if marks or sum(bool(cell.runs) for cell in cells) < 2:
        best = []
    chances = {cell.chance for cell in cells if cell.chance is not None}
    shown = tuple(_grid_cell(cell, best, marks.get(cell.protocol, 0)) for cell in cells)
    return Filled(column, shown, chances.pop() if len(chances) == 1 else None)


def _grid_cell(cell: Cell, best: Sequence[float], protocol: int) -> GridCell:
    if cell.mean is None:
        # what says that it failed takes room too
        room = ROOM - (0 if cell.status == 'not run' else len(f'{cell.status}: '))
        return Missing(cell.status, one_line(cell.reason)[:room])
    ranked = not cell.at_chance and _shown(cell) in best
    return Measured(cell, 1 + best.index(_shown(cell)) if ranked else 0, protocol)


def _shown(cell: Cell) -> float:
    return round(cell.mean or 0.0, 1)


def _paper_values(panel: Panel, line: Line, dataset: str) -> list[float | None]:
    metrics = panel.block.metrics
    return [line.row.values.get((panel.block.task, dataset, m.quoted)) for m in metrics]


def _quoted_column(panel: Panel, dataset: str) -> Filled:
    cells = tuple(Quoted(tuple(_paper_values(panel, line, dataset))) for line in panel.lines)
    return Filled(Column(f'Paper: {dataset_name(dataset)}', 'quoted', dataset), cells)


def _difference_column(panel: Panel, dataset: str) -> Filled:
    cells = []
    for line in panel.lines:
        means = [line.cells[dataset, metric.key].mean for metric in panel.block.metrics]
        pairs = zip(means, _paper_values(panel, line, dataset), strict=True)
        cells.append(
            Difference(tuple(None if mean is None or q is None else mean - q for mean, q in pairs))
        )
    return Filled(
        Column(f'Difference: {dataset_name(dataset)}', 'difference', dataset), tuple(cells)
    )


def _cost_column(lines: Sequence[Line], metric: Metric) -> Filled:
    cells: list[GridCell] = []
    for line in lines:
        value = line.costs.get(metric.key)
        why = why_no_cost(line.row.method, 'not recorded' if line.key else 'not run')
        cells.append(Missing('not run', why) if value is None else Cost(value, metric))
    return Filled(Column(metric.label, 'cost', metric=metric.key), tuple(cells))


def _paper_run(line: Line) -> GridCell:
    if line.row.kind != 'quoted':
        return Missing()
    return Text(f'{backbone_name(line.row.backbone)}, {dataset_name(line.row.pretrain)}')


def _protocols(panel: Panel, dataset: str) -> tuple[dict[str, int], list[str]]:
    """Return a number per protocol line (none if all cells share one) and the lines as notes."""
    cells = [cell for line in panel.lines for cell in _measured(line, panel, dataset)]
    lines = list(dict.fromkeys(cell.protocol for cell in cells))
    name = dataset_name(dataset)
    if len(lines) < 2:
        return {}, [f'{name}, protocol: {one_line(line)}' for line in lines]
    marks = {line: number for number, line in enumerate(lines, start=1)}
    notes = [f'{name}, protocol [{mark}]: {one_line(line)}' for line, mark in marks.items()]
    return marks, [*notes, f'{name}: several protocols, so best and second best are not marked.']


def _data_notes(panel: Panel, dataset: str) -> list[str]:
    runs = [
        run.n_samples
        for line in panel.lines
        for cell in _measured(line, panel, dataset)
        for run in cell.runs
    ]
    counts = dict.fromkeys(
        ', '.join(
            f'{counts[part]["read"]} {part} clips ({counts[part]["skipped"]} skipped)'
            for part in ('test', 'train')
        )
        for counts in runs
    )
    return [f'{dataset_name(dataset)}: {" or ".join(counts)}.'] if counts else []


def _small_notes(panel: Panel, dataset: str) -> list[str]:
    found = [cell for line in panel.lines for cell in _measured(line, panel, dataset)]
    if not any(cell.at_chance and cell.small for cell in found):
        return []
    return [f'{dataset_name(dataset)}: the test set is small, a number near chance says little.']


def _page_notes(spec: TableSpec, panels: Sequence[Panel]) -> list[str]:
    notes = list(spec.notes)
    rows = {id(line.row): line.row for panel in panels for line in panel.lines}
    remarks: dict[str, dict[str, None]] = {}
    for row in rows.values():
        backbone = BACKBONES.get(row.backbone, row.backbone)
        place = f'{row.label} ({backbone}, {dataset_name(row.pretrain)})'
        for remark in row.remarks:
            remarks.setdefault(remark, {})[place] = None
    notes += [f'Paper, {"; ".join(places)}: {remark}.' for remark, places in remarks.items()]
    runs = {
        run.experiment: run.git
        for panel in panels
        for line in panel.lines
        for cell in line.cells.values()
        for run in cell.runs
    }
    commits = {
        str(git['commit'] or 'no commit')[:10] + (' with changes' if git['dirty'] else '')
        for git in runs.values()
    }
    notes.append(f'From {len(runs)} records; code: {", ".join(sorted(commits)) or "—"}.')
    return [note for note in dict.fromkeys(notes) if note not in LEGEND]
