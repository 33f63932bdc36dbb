"""The Markdown form of a table: grids to be read, with what each number rests on below them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from tabulate import tabulate

from mlfo_mm.reporting.aggregate import Cell, Line, Panel
from mlfo_mm.reporting.specs import TableSpec, why_no_cost
from mlfo_mm.study.names import BACKBONES, DATASETS
from mlfo_mm.study.profiles import PAPER_DATASETS, Profile
from mlfo_mm.study.tasks import Metric

DASH = '—'
BEST = ('**{}**', '<ins>{}</ins>')  # best and second best of a column
LEGEND = (
    'Percent. Mean ± half of the 95 % Student t interval over n seeds; one seed has none. '
    'n=2/3: one of three seeds failed. Bold is best, underlined second best of what is above chance '
    'in a column.',
    '† not above chance by the binomial error of the test set: weights or labels are suspect. '
    'Chance assumes balanced classes.',
    "* a row beyond the paper's.",
)


@dataclass(frozen=True)
class Grid:
    """A rectangle of text; ``measured`` says of each row whether it holds a measured number."""

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    measured: tuple[bool, ...]
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Column:
    """One column of a grid; ``chance`` stands in a row of its own above the cells."""

    header: str
    cells: list[str]
    chance: str = ''


def panel_grids(panel: Panel, profile: Profile) -> list[Grid]:
    """Return one grid for a block of one metric, else one per data set."""
    if len(panel.block.metrics) == 1:
        return [_grid(panel, panel.datasets, profile)]
    return [_grid(panel, (dataset,), profile) for dataset in panel.datasets]


def table_markdown(
    spec: TableSpec, panels: Sequence[Panel], grids: Sequence[Grid], profile: Profile
) -> str:
    """Return the whole page of a table that has panels."""
    return page(spec, grids, profile, _page_notes(spec, panels))


def page(spec: TableSpec, grids: Sequence[Grid], profile: Profile, notes: Sequence[str]) -> str:
    """Return title, scale, grids and notes as Markdown."""
    parts = [f'# {spec.title}', f'Profile **{profile.name}**. {_scale(spec, profile)}']
    for grid in grids:
        parts += [f'## {grid.title}', grid_markdown(grid), bullets(grid.notes)]
    parts += ['## Notes', bullets(notes)] if notes else []
    return '\n\n'.join(part for part in parts if part) + '\n'


def grid_markdown(grid: Grid) -> str:
    """Return the rows of a grid as a Markdown table, nothing if there are none."""
    if not grid.rows:
        return ''
    return tabulate(grid.rows, grid.header, tablefmt='github', disable_numparse=True)


def _scale(spec: TableSpec, profile: Profile) -> str:
    if not spec.quoted:
        return "Measured on this profile's own data and schedule; no number of the paper is among them."
    if profile.paper:
        return 'Runs of the configurations at paper scale; a difference is measured minus paper.'
    return (
        "Measured on this profile's own data and schedule: not comparable with the paper's "
        'numbers, which stand in columns of their own.'
    )


def _grid(panel: Panel, datasets: Sequence[str], profile: Profile) -> Grid:
    block, lines = panel.block, panel.lines
    single = len(block.metrics) == 1
    columns = identity_columns(lines, profile)
    notes: list[str] = []
    quotes = any(metric.quoted for metric in block.metrics)
    for dataset in datasets:
        found, found_notes = measured_columns(panel, dataset)
        notes += found_notes
        columns += [replace(found[0], header=dataset_name(dataset))] if single else found
        if quotes and profile.paper:
            columns.append(_quoted_column(panel, dataset))
            columns.append(_difference_column(panel, dataset))
    if quotes and not profile.paper:
        columns.append(Column("Paper's run", [_paper_run(line) for line in lines]))
        for dataset in PAPER_DATASETS:
            columns.append(_quoted_column(panel, dataset))
    columns += [_cost_column(lines, metric) for metric in panel.costs]
    title = block.title if single else f'{block.title}: {dataset_name(datasets[0])}'
    measured = [any(_cells(line, panel, d, 'measured') for d in datasets) for line in lines]
    return join_columns(title, columns, measured, notes + panel.notes.get('', []))


def join_columns(
    title: str, columns: Sequence[Column], measured: Sequence[bool], notes: Sequence[str]
) -> Grid:
    """Return columns as a grid, with the row of chance where one of them has it."""
    rows = list(zip(*(column.cells for column in columns), strict=True))
    chance = any(column.chance for column in columns[1:])
    if chance:
        rows.insert(0, tuple(column.chance for column in columns))
    header = tuple(column.header for column in columns)
    return Grid(title, header, tuple(rows), (True,) * chance + tuple(measured), tuple(notes))


def _cells(line: Line, panel: Panel, dataset: str, status: str) -> list[Cell]:
    cells = [line.cells[dataset, metric.key] for metric in panel.block.metrics]
    return [cell for cell in cells if cell.status == status]


def identity_columns(lines: Sequence[Line], profile: Profile) -> list[Column]:
    """Return what says which runs stand in each row."""
    names, backbones, sets = [], [], []
    beyond = ' *' if any(line.row.kind == 'quoted' for line in lines) else ''
    for line in lines:
        row, key = line.row, line.key
        names.append(plain_text(row.label) + ('' if row.kind == 'quoted' else beyond))
        backbone = key.backbone if key else row.backbone
        pretrain = key.pretrain if key else row.pretrain if profile.paper else DASH
        backbones.append(plain_text(BACKBONES.get(backbone, backbone)) or DASH)
        sets.append(dataset_name(pretrain))
    return [
        Column('Method', names, 'Chance'),
        Column('Backbone', backbones),
        Column('Pretrained on', sets),
    ]


def measured_columns(panel: Panel, dataset: str) -> tuple[list[Column], list[str]]:
    """Return a column for each metric on a data set, and what the numbers rest on."""
    marks, notes = _protocols(panel, dataset)
    notes = notes + _data_notes(panel, dataset) + panel.notes.get(dataset, [])
    metrics = panel.block.metrics
    return [_measured_column(m.label, panel, dataset, m, marks) for m in metrics], notes


def _measured_column(
    header: str, panel: Panel, dataset: str, metric: Metric, marks: dict[str, str]
) -> Column:
    cells = [line.cells[dataset, metric.key] for line in panel.lines]
    # neither what is at chance nor runs under different protocols are ranked against each other
    above = [cell for cell in cells if cell.runs and not cell.at_chance]
    ranked = sorted({_shown(cell) for cell in above}, reverse=True)
    if marks or sum(bool(cell.runs) for cell in cells) < 2:
        ranked = []
    chances = {cell.chance for cell in cells if cell.chance is not None}
    chance = f'{chances.pop():.1f}' if len(chances) == 1 else ''
    texts = [_cell_text(cell, ranked, marks.get(cell.protocol, '')) for cell in cells]
    return Column(header, texts, chance)


def _cell_text(cell: Cell, ranked: Sequence[float], mark: str) -> str:
    if cell.mean is None:
        reason = cell.reason if cell.status == 'not run' else f'failed: {cell.reason}'
        return f'{DASH} {plain_text(reason)[:60] or cell.status}'
    text = f'{cell.mean:.1f}'
    if cell.half_width is not None:
        text += f' ± {cell.half_width:.1f}'
    best = [] if cell.at_chance else ranked[:2]
    if _shown(cell) in best:
        text = BEST[best.index(_shown(cell))].format(text)
    n = len(cell.values)
    seeds = f'n={n}' if n == cell.planned else f'n={n}/{cell.planned}'
    return f'{text}{" †" if cell.at_chance else ""} ({seeds}){mark}'


def _shown(cell: Cell) -> float:
    return round(cell.mean or 0.0, 1)


def _quoted_column(panel: Panel, dataset: str) -> Column:
    texts = []
    for line in panel.lines:
        values = [
            line.row.values.get((panel.block.task, dataset, metric.quoted))
            for metric in panel.block.metrics
        ]
        texts.append(_join([DASH if value is None else f'{value:.1f}' for value in values]))
    return Column(f'Paper: {dataset_name(dataset)}', texts)


def _difference_column(panel: Panel, dataset: str) -> Column:
    texts = []
    for line in panel.lines:
        parts = []
        for metric in panel.block.metrics:
            quoted = line.row.values.get((panel.block.task, dataset, metric.quoted))
            mean = line.cells[dataset, metric.key].mean
            parts.append(DASH if quoted is None or mean is None else f'{mean - quoted:+.1f}')
        texts.append(_join(parts))
    return Column(f'Difference: {dataset_name(dataset)}', texts)


def _cost_column(lines: Sequence[Line], metric: Metric) -> Column:
    texts = []
    for line in lines:
        value = line.costs.get(metric.key)
        why = why_no_cost(line.row.method, 'not recorded' if line.key else 'not run')
        texts.append(f'{DASH} {why}' if value is None else metric.show(value))
    return Column(metric.label, texts)


def _join(parts: Sequence[str]) -> str:
    return DASH if set(parts) == {DASH} else ' / '.join(parts)


def _paper_run(line: Line) -> str:
    if line.row.kind != 'quoted':
        return DASH
    return (
        f'{BACKBONES.get(line.row.backbone, line.row.backbone)}, {dataset_name(line.row.pretrain)}'
    )


def _protocols(panel: Panel, dataset: str) -> tuple[dict[str, str], list[str]]:
    """Return a mark per protocol line (none if all cells share one) and the lines as notes."""
    cells = [cell for line in panel.lines for cell in _cells(line, panel, dataset, 'measured')]
    lines = list(dict.fromkeys(cell.protocol for cell in cells))
    name = dataset_name(dataset)
    if len(lines) < 2:
        return {}, [f'{name}, protocol: {plain_text(line)}' for line in lines]
    marks = {line: f' [{number}]' for number, line in enumerate(lines, start=1)}
    notes = [f'{name}, protocol{mark}: {plain_text(line)}' for line, mark in marks.items()]
    return marks, [*notes, f'{name}: several protocols, so best and second best are not marked.']


def _data_notes(panel: Panel, dataset: str) -> list[str]:
    runs = [
        run.n_samples
        for line in panel.lines
        for cell in _cells(line, panel, dataset, 'measured')
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


def _page_notes(spec: TableSpec, panels: Sequence[Panel]) -> list[str]:
    notes = [*LEGEND, *spec.notes]
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
    notes.append(f'From {len(runs)} records; code: {", ".join(sorted(commits)) or DASH}.')
    return list(dict.fromkeys(notes))


def dataset_name(name: str) -> str:
    """Return the printed name of a data set."""
    return plain_text(DATASETS.get(name, name))


def plain_text(text: str) -> str:
    """Return a text that cannot break a row of a Markdown table."""
    return ' '.join(text.replace('|', '/').split())


def bullets(lines: Sequence[str]) -> str:
    """Return lines as a Markdown list."""
    return '\n'.join(f'- {line}' for line in lines)
