"""Build and write tables: pure functions of the records and of the paper's quoted numbers."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from mlfo_mm.errors import UserError
from mlfo_mm.files import write_atomic
from mlfo_mm.reporting.aggregate import Panel, fill_block
from mlfo_mm.reporting.claims_page import write_claims
from mlfo_mm.reporting.estimates import estimate_lines, estimates_grid, load_estimates
from mlfo_mm.reporting.grid import CsvLine, Page
from mlfo_mm.reporting.lines import HEADER, table_lines
from mlfo_mm.reporting.own_sweeps import find_sweeps, sweep_table
from mlfo_mm.reporting.padding import terms_grid
from mlfo_mm.reporting.panel_grids import panel_grids, scale, table_page
from mlfo_mm.reporting.paper import load_paper, paper_file
from mlfo_mm.reporting.pretrainings import (
    COST_FIELDS,
    TRAINING_FIELDS,
    costs_table,
    mean_costs,
    training_table,
)
from mlfo_mm.reporting.render.csv import csv_text
from mlfo_mm.reporting.render.latex import page_latex
from mlfo_mm.reporting.render.markdown import page_markdown
from mlfo_mm.reporting.shorten import shortened_page
from mlfo_mm.reporting.specs import (
    COSTS,
    SWEEPS,
    TABLES,
    Row,
    TableSpec,
    find_table,
    is_implemented,
)
from mlfo_mm.study.methods import load_cards
from mlfo_mm.study.names import DATASETS
from mlfo_mm.study.paths import CONFIGS
from mlfo_mm.study.profiles import DIGITS, Profile, find_profile
from mlfo_mm.study.records import Record, load_records, require_folder
from mlfo_mm.study.tasks import PADDING, SWEEP, UNTRAINED

NEEDS_DATA = 'needs data '  # begins a reason
OF_RUNS = dict(costs=(costs_table, COST_FIELDS), training=(training_table, TRAINING_FIELDS))


@dataclass(frozen=True)
class Table:
    """A finished table: grids to be read, and lines with every number for the CSV."""

    spec: TableSpec
    page: Page
    fields: tuple[str, ...]
    lines: tuple[CsvLine, ...]

    @property
    def markdown(self) -> str:
        """The page as Markdown."""
        return page_markdown(self.page)

    @property
    def latex(self) -> str:
        """The page as LaTeX."""
        return page_latex(self.page)

    @property
    def csv(self) -> str:
        """The lines as CSV."""
        return csv_text(self.fields, self.lines)


def build_table(
    spec: TableSpec,
    records: Sequence[Record],
    paper: Sequence[Row],
    profile: Profile,
    methods: Collection[str] | None = None,
    estimates: Sequence[Mapping[str, str]] = (),
) -> Table:
    """Build one table from the records of one profile; baselines stand above the paper's rows.

    ``methods`` are what the project implements, None if that is not known; ``estimates`` those of
    memory at the paper's size, which stand below its costs.
    """
    if spec.name in OF_RUNS:
        build, fields = OF_RUNS[spec.name]
        grid, lines = build(records, profile)
        made = [grid]
        if spec.name == 'costs' and profile.paper and estimates:
            made.append(estimates_grid(estimates))
            lines = (*lines, *estimate_lines(estimates, profile))
        page = Page(spec.title, profile.name, scale(spec, profile), tuple(made), notes=spec.notes)
        return Table(spec, page, fields, lines)
    if spec.name == SWEEP:
        spec = sweep_table(find_sweeps(records), records)
    rows = [*spec.baselines, *paper]
    why = missing_reason(records, profile, methods)
    panels = [fill_block(block, rows, records, profile, why) for block in spec.blocks]
    if spec.costs:
        panels = [_with_costs(panel, records) for panel in panels]
    grids = [grid for panel in panels for grid in panel_grids(panel, profile, spec.quoted)]
    grids += [terms_grid(records, profile)] if spec.name == PADDING else []
    page = table_page(spec, panels, grids, profile)
    return Table(spec, page, HEADER, table_lines(spec.name, panels, profile))


def _with_costs(panel: Panel, records: Sequence[Record]) -> Panel:
    costs = mean_costs(records)
    for line in panel.lines:
        line.costs = costs.get(line.key, {}) if line.key else {}
    return replace(panel, costs=COSTS)


def implemented(configs: Path = CONFIGS) -> frozenset[str] | None:
    """Return the methods that have a card, None where no configs are installed."""
    if not configs.is_dir():
        return None
    return frozenset(load_cards(configs))


def missing_reason(
    records: Sequence[Record], profile: Profile, methods: Collection[str] | None = None
) -> Callable[[Row, str], str]:
    """Return what says why a row has no run on a data set, from what the records used so far."""
    used = {name for record in records for name in (record.dataset, record.pretrain_dataset)}

    def reason(row: Row, dataset: str) -> str:
        if not is_implemented(row.method, methods):
            return 'method not implemented yet'
        pretrain = row.pretrain if profile.paper else profile.pretrain
        needed = [dataset] if row.method in UNTRAINED else [pretrain, dataset]
        # the embedded sets are made where they are missing
        lacking = [n for n in needed if n not in used and n not in DIGITS]
        names = [DATASETS.get(name, name) for name in dict.fromkeys(lacking)]
        return f'{NEEDS_DATA}{", ".join(names)}' if names else ''

    return reason


def make_tables(
    profile: str,
    results_dir: str | Path = 'results',
    names: Sequence[str] = tuple(TABLES),
    with_reference: bool = False,
    all_rows: bool = False,
) -> dict[Path, Table]:
    """Write ``<results_dir>/tables/<profile>/<table>.{csv,md,tex}`` and the claims of all profiles.

    Args:
        profile: whose records.
        results_dir: folder of records, tables and claims.
        names: of tables.
        with_reference: add the shipped records to the tables, in rows marked so; claims are tested
            on the records of ``results_dir`` alone.
        all_rows: rows and columns without a number stay; the CSV has all rows in any case.

    Returns:
        The tables by the path of their Markdown file.
    """
    require_folder(results_dir, with_reference)
    chosen = find_profile(profile)
    specs = [find_table(name) for name in names]
    everything = load_records(results_dir, with_reference=with_reference)
    records = [record for record in everything if record.profile == chosen.name]
    sweeps = find_sweeps(records)
    if not sweeps and SWEEPS in specs:
        raise UserError(
            f'no sweep in the records of {chosen.name}: tools/benchmark.py run --profile '
            f'{chosen.name} --sweep KEY=VALUES makes one'
        )
    if sweeps and set(TABLES) <= {spec.name for spec in specs}:
        specs.append(SWEEPS)
    folder = Path(results_dir) / 'tables' / chosen.name
    methods, estimates = implemented(), load_estimates(results_dir)
    tables = {}
    for spec in specs:
        paper = load_paper(paper_file(spec.name, results_dir)) if spec.quoted else []
        table = build_table(spec, records, paper, chosen, methods, estimates)
        if not all_rows:
            table = replace(table, page=shortened_page(table.page, chosen))
        write_atomic(folder / f'{spec.name}.csv', table.csv)
        write_atomic(folder / f'{spec.name}.tex', table.latex)
        tables[write_atomic(folder / f'{spec.name}.md', table.markdown)] = table
    own = [record for record in everything if not record.reference]
    write_claims(own, results_dir, methods)
    return tables
