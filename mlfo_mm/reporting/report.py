"""One self-contained page of a profile: claims, tables, figures, curves, what is missing, origin."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC
from pathlib import Path
from typing import Any

from mlfo_mm.files import write_atomic
from mlfo_mm.reporting.claims import CLAIMS
from mlfo_mm.reporting.claims_page import (
    INTRODUCTION,
    METHOD,
    comparison_grid,
    section_title,
    summary_grid,
)
from mlfo_mm.reporting.compare import known_variants, parse_name
from mlfo_mm.reporting.estimates import load_estimates
from mlfo_mm.reporting.figures import build_figures
from mlfo_mm.reporting.figures.style import Plot
from mlfo_mm.reporting.grid import Grid
from mlfo_mm.reporting.headline import headline
from mlfo_mm.reporting.own_sweeps import find_sweeps
from mlfo_mm.reporting.panel_grids import LEGEND
from mlfo_mm.reporting.paper import load_paper, paper_file
from mlfo_mm.reporting.pretrainings import gpus
from mlfo_mm.reporting.render.html import REPORT, page_html
from mlfo_mm.reporting.runner_log import FailedJob, failed_jobs
from mlfo_mm.reporting.shorten import shortened_page
from mlfo_mm.reporting.specs import SWEEPS, TABLES, Row, TableSpec, find_table
from mlfo_mm.reporting.tables import NEEDS_DATA, Table, build_table, implemented
from mlfo_mm.reporting.verdicts import STATUSES, judge
from mlfo_mm.study.names import BACKBONES, DATASETS
from mlfo_mm.study.profiles import Profile, find_profile
from mlfo_mm.study.records import Record, load_records, require_folder
from mlfo_mm.study.tasks import PADDING, PRETRAIN, SWEEP


@dataclass(frozen=True)
class Section:
    """A table with its plots, or a group of comparisons: what stands under one heading."""

    anchor: str
    title: str
    grids: tuple[Grid, ...]
    notes: tuple[str, ...]
    plots: tuple[Plot, ...] = ()


@dataclass(frozen=True)
class Absent:
    """Rows of one table that hold no number for one reason, with their data sets."""

    table: str
    status: str
    reason: str
    rows: tuple[str, ...]


def make_report(
    profile: str,
    results_dir: str | Path = 'results',
    work_dir: str | Path | None = None,
    with_reference: bool = False,
    tables: Sequence[str] = (),
    methods: Sequence[str] = (),
) -> Path:
    """Write ``<results_dir>/report_<profile>.html``.

    Args:
        profile: whose records.
        results_dir: folder of records and quoted values.
        work_dir: folder of the runs; the last lines of failed jobs are taken from there.
        with_reference: add the shipped records, in rows marked so; claims are tested without them.
        tables: the only ones to be shown; all where none is named.
        methods: the only ones to be shown, such as ``pace`` or ``mlfo-ctm``; all where none is named.
    """
    chosen = find_profile(profile)
    require_folder(results_dir)
    specs = [find_table(name) for name in tables]
    records = load_records(results_dir, chosen.name, with_reference)
    jobs = failed_jobs(Path(work_dir), chosen.name) if work_dir is not None else []
    shown = of_methods(records, methods) if methods else records
    page = report_html(shown, chosen, results_dir, jobs, specs)
    return write_atomic(Path(results_dir) / f'report_{chosen.name}.html', page)


def report_html(
    records: Sequence[Record],
    profile: Profile,
    results_dir: str | Path,
    jobs: Sequence[FailedJob] = (),
    chosen: Sequence[TableSpec] = (),
) -> str:
    """Return the page; the same records give the same page. ``chosen`` are its tables, else all."""
    methods, estimates = implemented(), load_estimates(results_dir)
    papers = {
        name: load_paper(paper_file(name, results_dir)) if spec.quoted else []
        for name, spec in TABLES.items()
    }
    specs = chosen or (*TABLES.values(), *((SWEEPS,) if find_sweeps(records) else ()))
    tables = [
        build_table(spec, records, papers.get(spec.name, []), profile, methods, estimates)
        for spec in specs
    ]
    plots = build_figures(records, profile, results_dir)
    return page_html(
        REPORT,
        profile=profile.name,
        paper_scale=profile.paper,
        facts=_facts(records),
        headline=headline(specs, records, papers, profile),
        claims=_claims([each for each in records if not each.reference], profile, papers, methods),
        legend=LEGEND,
        tables=[
            _section(table, profile, plots[PADDING] + plots['bars'] + plots[SWEEP])
            for table in tables
        ],
        figures=[plot for name in ('3', '4', '5') for plot in plots[name]],
        curves=plots['curves'],
        jobs=jobs,
        failures=[_failure(record) for record in records if record.status == 'failed'],
        **_absences([item for table in tables for item in absent_cells(table, profile)]),
        origin=_origin(records),
    )


def of_methods(records: Sequence[Record], names: Sequence[str]) -> list[Record]:
    """Return the records of some methods, named as in a comparison of methods."""
    known = known_variants(records, implemented())
    wanted = [parse_name(name, known) for name in names]
    return [
        record
        for record in records
        if any(
            record.method == method and variant in ('', record.variant)
            for method, variant in wanted
        )
    ]


def _absences(found: Sequence[Absent]) -> dict[str, Any]:
    """Return a line for each data set that is not at hand, and all else that is absent."""
    lacking: dict[str, dict[str, int]] = {}
    for item in found:
        if item.reason.startswith(NEEDS_DATA):
            tables = lacking.setdefault(item.reason.removeprefix(NEEDS_DATA), {})
            tables[item.table] = tables.get(item.table, 0) + len(item.rows)
    lines = []
    for names, tables in lacking.items():
        told = '; '.join(
            f'{table}, {count} {"row" if count == 1 else "rows"}' for table, count in tables.items()
        )
        lines.append(f'Not at hand: {names}. {told}.')
    others = [item for item in found if not item.reason.startswith(NEEDS_DATA)]
    return dict(no_data=lines, absent=others)


def absent_cells(table: Table, profile: Profile) -> list[Absent]:
    """Return the cells of a table without a number by reason, failed ones first."""
    groups: dict[tuple[str, str], dict[str, dict[str, None]]] = {}
    for line in table.lines:
        words = {name: value for name, value in line.items() if isinstance(value, str)}
        if words['status'] not in ('failed', 'not run'):
            continue
        key = Row(words['method'], words['backbone'], words['pretrain'], words['variant'])
        place = [words.get('label', key.label), BACKBONES.get(key.backbone, key.backbone)]
        if key.pretrain not in ('', 'none'):
            # a small profile pretrains on its own data, whatever the paper's row says
            what = 'pretrained on' if profile.paper else 'row of'
            place.append(f'{what} {DATASETS.get(key.pretrain, key.pretrain)}')
        rows = groups.setdefault((words['status'], words['reason'] or 'no run yet'), {})
        dataset = words.get('dataset', '')
        rows.setdefault(', '.join(place), {})[DATASETS.get(dataset, dataset)] = None
    return [
        Absent(
            table.spec.title,
            status,
            reason,
            tuple(': '.join(filter(None, (row, ', '.join(sets)))) for row, sets in rows.items()),
        )
        for (status, reason), rows in sorted(groups.items())
    ]


def _section(table: Table, profile: Profile, plots: Iterable[Plot]) -> Section:
    spec, page = table.spec, shortened_page(table.page, profile)
    own = (p for p in plots if p.name == spec.name or p.name.startswith(f'{spec.name}_'))
    shown = tuple(plot for plot in own if plot.drawn)
    return Section(spec.name, spec.title, page.grids, page.notes, shown)


def _claims(
    records: Sequence[Record],
    profile: Profile,
    papers: dict[str, list[Row]],
    methods: frozenset[str] | None,
) -> dict[str, Any]:
    verdicts = judge(records, profile, methods)
    sections = []
    for table in dict.fromkeys(claim.table for claim in CLAIMS):
        shown = [verdict for verdict in verdicts if verdict.claim.table == table]
        tested = [verdict for verdict in shown if verdict.status != 'not run']
        reasons = dict.fromkeys(v.reason for v in shown if v.status == 'not run' and v.reason)
        sources = [claim.source for claim in CLAIMS if claim.table == table]
        grids = (comparison_grid(tested, papers),) if tested else ()
        notes = (*sources, *(f'Not run: {reason}' for reason in reasons))
        sections.append(Section(f'claims-{table}', section_title(table), grids, notes))
    summary = summary_grid(verdicts)
    return dict(
        introduction=INTRODUCTION,
        method=[''.join(part.text for part in line) for line in METHOD],
        counts={status: sum(v.status == status for v in verdicts) for status in STATUSES},
        summary=replace(summary, rows=tuple(row for row in summary.rows if row.measured)),
        not_run=replace(
            summary,
            title='Claims that were not run on every data set',
            rows=tuple(row for row in summary.rows if not row.measured),
        ),
        sections=sections,
        untested=[section for section in sections if not section.grids],
    )


def _failure(record: Record) -> dict[str, str]:
    row = Row(record.method, record.backbone, record.pretrain_dataset, record.variant)
    return dict(
        run=f'{row.label}, {BACKBONES.get(record.backbone, record.backbone)}',
        task=record.task.replace('_', ' '),
        dataset=DATASETS.get(record.dataset, record.dataset),
        seed=str(record.seed),
        reason=record.reason,
    )


def _facts(records: Sequence[Record]) -> dict[str, Any]:
    """Return the numbers at the head of the page."""
    done = [record for record in records if record.status == 'done']
    last = max((record.finished() for record in records), default=None)
    return dict(
        records=len(records),
        failed=len(records) - len(done),
        runs=sum(record.task == PRETRAIN for record in done),
        hours=sum(record.wall_time_s for record in records) / 3600,
        last=last.astimezone(UTC).strftime('%Y-%m-%d %H:%M UTC') if last else 'none',
    )


def _origin(records: Sequence[Record]) -> list[tuple[str, list[tuple[str, int]]]]:
    """Return what the records were made with: each fact's values with their numbers of records."""
    facts: dict[str, dict[str, int]] = {}

    def count(name: str, value: object) -> None:
        values = facts.setdefault(name, {})
        values[str(value)] = values.get(str(value), 0) + 1

    for record in records:
        git, machine = record.git, record.hardware
        changed = ' with changes' if git['dirty'] else ''
        count('Commit', f'{str(git["commit"] or "none")[:12]}{changed}')
        count('Processor', f'{machine.get("cpu", "?")}, {machine.get("cores", "?")} cores')
        count('GPU', ', '.join(gpus(record)) or 'none')
        count('System', machine.get('system', '?'))
        count('Decoder', record.decoder or 'none')
    for record in records:
        for package, version in record.versions.items():
            if version is not None:
                count(package, version)
    return [(name, sorted(values.items())) for name, values in facts.items()]
