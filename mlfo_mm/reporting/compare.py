"""Methods side by side: accuracy per task and level, seeds and costs, from the records of a profile."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from mlfo_mm.errors import UserError, did_you_mean
from mlfo_mm.files import write_atomic
from mlfo_mm.reporting.aggregate import Line, Panel, column_datasets, fill_cells, group_runs
from mlfo_mm.reporting.arrange import FEW, arranged
from mlfo_mm.reporting.figures.bars import comparison_plot
from mlfo_mm.reporting.figures.style import Plot
from mlfo_mm.reporting.grid import Count, CsvLine, Grid, GridRow, Missing, Page
from mlfo_mm.reporting.labels import dataset_name
from mlfo_mm.reporting.lines import HEADER, table_lines
from mlfo_mm.reporting.panel_grids import (
    identity_columns,
    join_columns,
    measured_columns,
    table_page,
)
from mlfo_mm.reporting.pretrainings import costs_table, mean_costs
from mlfo_mm.reporting.render.csv import csv_text
from mlfo_mm.reporting.render.html import COMPARISON, page_html
from mlfo_mm.reporting.render.latex import page_latex
from mlfo_mm.reporting.render.markdown import page_markdown, plain
from mlfo_mm.reporting.specs import COSTS, Block, Row, TableSpec, is_implemented, why_no_cost
from mlfo_mm.reporting.tables import implemented, missing_reason
from mlfo_mm.study.experiments import EXPERIMENTS, homes
from mlfo_mm.study.identity import RunKey, run_key
from mlfo_mm.study.methods import cards
from mlfo_mm.study.profiles import Profile, find_profile
from mlfo_mm.study.records import Record, load_records, require_folder, require_records
from mlfo_mm.study.tasks import TASKS, UNTRAINED

NAME = 'compare'
ALL = 'all'  # stands for every method with a record
BLOCKS = tuple(
    Block(
        task.label,
        task.key,
        tuple(replace(metric, label=metric.summary) for metric in task.metrics if metric.summary),
    )
    for task in TASKS.values()
)
NOTES = (
    'Linear probe, finetune: top-1 accuracy. R@1: retrieval on centred features. Probe, low to high: '
    'a linear probe on each level. Order: forward or reversed. Neighbours: top 3 training videos '
    'with the class of the query, by the embeddings of instance discrimination.',
    'Costs: parameters and GFLOPs (multiply-adds) of the backbone for one clip of the evaluation; '
    'speed, memory and time of the pretraining. They compare on one machine only, if nothing else ran '
    'on it.',
)


@dataclass(frozen=True)
class SideBySide:
    """Some methods beside each other: to be read, every number as lines, and what is drawn."""

    page: Page
    lines: tuple[CsvLine, ...]
    panels: tuple[Panel, ...]

    @property
    def markdown(self) -> str:
        """The page as Markdown."""
        return page_markdown(self.page)

    @property
    def csv(self) -> str:
        """The lines as CSV."""
        return csv_text(HEADER, self.lines)

    def plot(self) -> Plot:
        """Draw it."""
        return comparison_plot(NAME, self.page.title, self.panels, COSTS)


def known_variants(
    records: Sequence[Record], methods: Collection[str] | None = None
) -> dict[str, list[str]]:
    """Return every method that can be named, with its variants, recorded ones among them."""
    pairs = [(name, '') for name in (*UNTRAINED, *(methods or ()))]
    pairs += [(row.method, row.variant) for row in EXPERIMENTS]
    pairs += [(card.key, each.variant) for card in cards().values() for each in card.variants]
    pairs += [(key.method, key.variant) for key in map(run_key, records)]
    known: dict[str, set[str]] = {}
    for method, variant in pairs:
        known.setdefault(method, set()).update({variant} - {''})
    return {method: sorted(known[method]) for method in sorted(known)}


def parse_name(name: str, known: Mapping[str, Sequence[str]]) -> tuple[str, str]:
    """Return method and variant of ``method`` (variant empty) or ``method-variant``."""
    if name in known:
        return name, ''
    method, _, variant = name.partition('-')
    if variant in known.get(method, ()):
        return method, variant
    names = [*known, *(f'{key}-{variant}' for key in known for variant in known[key])]
    there = ', '.join(known)
    if method in known:
        there = ', '.join(f'{method}-{variant}' for variant in known[method]) or method
    raise UserError(f'unknown method {name!r}{did_you_mean(name, names)}: there are {there}')


def choose_lines(
    names: Sequence[tuple[str, str]], records: Sequence[Record], profile: Profile
) -> list[Line]:
    """Return a row for all runs of each name, in the order of the names.

    A method without a variant stands for all of its variants but ablations. What was never run gets
    a row without key.
    """
    keys = sorted({run_key(record) for record in records})
    lines: dict[tuple[object, ...], Line] = {}
    for method, variant in names:
        found = [
            key
            for key in keys
            if key.method == method
            and (key.variant == variant if variant else homes(method, key.variant) == ('',))
        ]
        for key in found:
            lines[key] = Line(_run_row(key), key)
        if not found:
            tasks = UNTRAINED.get(method, tuple(TASKS))
            row = Row(method, '', profile.pretrain, variant, tasks=tasks)
            lines[method, variant] = Line(row, None)
    return list(lines.values())


def _run_row(key: RunKey) -> Row:
    return replace(Row.of(key), tasks=UNTRAINED.get(key.method, tuple(TASKS)))


def build_comparison(
    names: Sequence[str],
    records: Sequence[Record],
    profile: Profile,
    methods: Collection[str] | None = None,
    sort: str = '',
    grouped: bool = True,
) -> SideBySide:
    """Compare methods by the records of one profile; ``methods`` are what the project implements.

    ``sort`` and ``grouped`` are those of :func:`arranged`.
    """
    known = known_variants(records, methods)
    names = [each for name in names for each in (_recorded(records) if name == ALL else [name])]
    lines = choose_lines([parse_name(name, known) for name in names], records, profile)
    keys = {line.key for line in lines}
    own = [record for record in records if run_key(record) in keys]
    reason = missing_reason(records, profile, methods)
    panels, without = _panels(lines, own, profile, reason)
    if not panels:
        where = f'the records of the profile {profile.name}, of a first split'
        raise UserError(
            f'no evaluation of {", ".join(names)} in {where}'
            + _how_to_run([line.row.method for line in lines], profile, methods)
        )
    notes = NOTES + ((f'Not run for any of them: {", ".join(without)}.',) if without else ())
    labels = list(dict.fromkeys(line.row.label for line in lines))
    title = f': {", ".join(labels)}' if len(labels) <= FEW else f' of {len(labels)} methods'
    spec = TableSpec(NAME, f'Comparison{title}', notes=notes, quoted=False)
    grids = [_grid(panels, dataset, profile) for dataset in panels[0].datasets]
    rows: list[list[Row | None]] = [
        [*[None] * (len(grid.rows) - len(lines)), *(line.row for line in lines)] for grid in grids
    ]
    costs, of_costs = _costs_grid(lines, own, profile, reason)
    grids = arranged([*grids, costs], [*rows, of_costs], sort, grouped)
    return SideBySide(
        table_page(spec, panels, grids, profile),
        table_lines(NAME, panels, profile),
        tuple(panels),
    )


def _recorded(records: Sequence[Record]) -> list[str]:
    """Every method with a record, untrained weights first."""
    found = {record.method for record in records}
    return sorted(found, key=lambda name: (name not in UNTRAINED, name))


def _how_to_run(wanted: Sequence[str], profile: Profile, methods: Collection[str] | None) -> str:
    there = [name for name in dict.fromkeys(wanted) if is_implemented(name, methods)]
    if not there:
        return ': the paper is quoted for it, no config folder implements it'
    return (
        f'; run: python tools/benchmark.py run --profile {profile.name} --methods {" ".join(there)}'
    )


def compare(
    names: Sequence[str],
    profile: str,
    results_dir: str | Path = 'results',
    output: str | Path | None = None,
    with_reference: bool = False,
    sort: str = '',
    grouped: bool = True,
) -> tuple[SideBySide, list[Path]]:
    """Write ``compare.{md,html,csv,tex,...}`` to a folder, by default ``<results_dir>/compare/<profile>``.

    Returns:
        The comparison and the paths of its files.
    """
    chosen = find_profile(profile)
    require_folder(results_dir, with_reference)
    if ALL in names:  # of those that were recorded
        require_records(results_dir, chosen.name, with_reference)
    records = load_records(results_dir, chosen.name, with_reference)
    made = build_comparison(names, records, chosen, implemented(), sort, grouped)
    folder = Path(output) if output else Path(results_dir) / 'compare' / chosen.name
    plot = made.plot()
    text = f'{made.markdown}\n![{plain(plot.alt)}]({NAME}.svg)\n\n{plain(plot.caption)}\n'
    html = page_html(COMPARISON, page=made.page, plot=plot)
    forms: dict[str, str | bytes] = dict(md=text, html=html, csv=made.csv)
    files = forms | dict(tex=page_latex(made.page)) | dict(plot.files)
    paths = [write_atomic(folder / f'{NAME}.{suffix}', data) for suffix, data in files.items()]
    return made, paths


def _panels(
    lines: Sequence[Line],
    records: Sequence[Record],
    profile: Profile,
    reason: Callable[[Row, str], str],
) -> tuple[list[Panel], list[str]]:
    """Return a panel for each block that one of the rows has runs of, and the names of the others."""
    costs = mean_costs(records)
    panels, without = [], []
    for block in BLOCKS:
        groups, notes = group_runs(records, block.task)
        if not groups:
            without.append(block.title.lower())
            continue
        own = [
            Line(line.row, line.key, costs=costs.get(line.key, {}) if line.key else {})
            for line in lines
        ]

        def why(row: Row, dataset: str, task: str = block.task) -> str:
            return reason(row, dataset) if task in row.tasks else 'not defined'

        panel = Panel(block, column_datasets(records, profile), own, notes, COSTS)
        fill_cells(panel, groups, why)
        panels.append(panel)
    return panels, without


def _grid(panels: Sequence[Panel], dataset: str, profile: Profile) -> Grid:
    columns = identity_columns(panels[0].lines, profile)
    titles: dict[str, list[str]] = {}
    for panel in panels:
        headings = [metric.label for metric in panel.block.metrics]
        found, notes = measured_columns(panel, dataset, headings)
        columns += found
        for note in dict.fromkeys(notes + panel.notes.get('', [])):
            titles.setdefault(note, []).append(panel.block.title)
    below = [
        note if len(among) == len(panels) else f'{", ".join(among)}: {note}'
        for note, among in titles.items()
    ]
    measured = [
        any(
            panel.lines[i].cells[dataset, m.key].runs
            for panel in panels
            for m in panel.block.metrics
        )
        for i in range(len(panels[0].lines))
    ]
    return join_columns(dataset_name(dataset), columns, panels[0].lines, measured, below)


def _costs_grid(
    lines: Sequence[Line],
    records: Sequence[Record],
    profile: Profile,
    reason: Callable[[Row, str], str],
) -> tuple[Grid, list[Row | None]]:
    """Return the table of costs with a row for what has none, and whose each row is."""
    grid, _ = costs_table(records, profile)
    rows: list[GridRow] = []
    of: list[Row | None] = []
    for line in lines:
        own = [row for row in grid.rows if row.key == line.key]
        if not own:
            names = [filled.cells[0] for filled in identity_columns([line], profile)]
            why = 'not recorded' if line.key else reason(line.row, profile.pretrain) or 'not run'
            lacking = Missing('not run', why_no_cost(line.row.method, why))
            cells = (*names, Missing(), Count(0, 0), *[lacking] * len(COSTS))
            own = [GridRow(cells, measured=False)]
        rows += own
        of += [line.row] * len(own)
    return replace(grid, rows=tuple(rows), notes=()), of
