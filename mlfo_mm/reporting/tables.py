"""Build and write tables: pure functions of the records and of the paper's quoted numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from mlfo_mm.files import write_atomic
from mlfo_mm.reporting.aggregate import fill_block
from mlfo_mm.reporting.markdown import Grid, panel_grids, table_markdown
from mlfo_mm.reporting.paper import load_paper, paper_file
from mlfo_mm.reporting.plain import table_csv
from mlfo_mm.reporting.records import Record, load_records
from mlfo_mm.reporting.specs import TABLES, Profile, Row, TableSpec, find_profile, find_table


@dataclass(frozen=True)
class Table:
    """A finished table in its three forms; the grids are for the terminal."""

    spec: TableSpec
    grids: tuple[Grid, ...]
    markdown: str
    csv: str


def build_table(
    spec: TableSpec, records: Sequence[Record], paper: Sequence[Row], profile: Profile
) -> Table:
    """Build one table from the records of one profile; baselines stand above the paper's rows."""
    rows = [*spec.baselines, *paper]
    panels = [fill_block(block, rows, records, profile) for block in spec.blocks]
    grids = tuple(grid for panel in panels for grid in panel_grids(panel, profile))
    markdown = table_markdown(spec, panels, grids, profile)
    return Table(spec, grids, markdown, table_csv(spec.name, panels, profile))


def make_tables(
    profile: str, results_dir: str | Path = 'results', names: Sequence[str] = tuple(TABLES)
) -> dict[Path, Table]:
    """Write ``<results_dir>/tables/<profile>/<table>.{csv,md}``.

    Returns:
        The tables by the path of their Markdown file.
    """
    chosen = find_profile(profile)
    specs = [find_table(name) for name in names]
    records = load_records(results_dir, chosen.name)
    folder = Path(results_dir) / 'tables' / chosen.name
    tables = {}
    for spec in specs:
        paper = load_paper(paper_file(spec.name, results_dir))
        table = build_table(spec, records, paper, chosen)
        write_atomic(folder / f'{spec.name}.csv', table.csv)
        tables[write_atomic(folder / f'{spec.name}.md', table.markdown)] = table
    return tables
