"""``results/claims.md`` and ``claims.csv``: every claim of the paper, tested on every profile."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from mlfo_mm.files import write_atomic
from mlfo_mm.reporting.claims import CLAIMS, quoted_difference
from mlfo_mm.reporting.markdown import DASH, Grid, bullets, dataset_name, grid_markdown, plain_text
from mlfo_mm.reporting.paper import load_paper, paper_file
from mlfo_mm.reporting.plain import csv_text, number
from mlfo_mm.reporting.specs import TABLES, Row
from mlfo_mm.reporting.verdicts import LEVEL, STATUSES, Verdict, judge, overall
from mlfo_mm.study.names import BACKBONES
from mlfo_mm.study.profiles import PROFILES
from mlfo_mm.study.records import Record

Papers = Mapping[str, Sequence[Row]]
INTRODUCTION = (
    'What the paper claims on its tables 1 to 4 and figure 3, each claim as comparisons of two '
    'rows, tested on the records of each profile. A small profile says whether an ordering is seen '
    "on its own data and schedule, not whether the paper's numbers are right."
)
METHOD = (
    '*reproduced*, *contradicted*: the mean difference over the seeds that both rows finished is '
    "significant, for or against the claim: two-sided paired t-test, Holm's correction over all "
    f'comparisons of the table in that profile that could be tested, p < {LEVEL}.',
    '*inconclusive*: tested and not significant, or only one seed in common (no interval then), or '
    'different protocols. *not run*: at least one of the two rows has no number; the reason is given.',
    'A claim of several comparisons is reproduced if all of them are, contradicted if one is.',
    'Differences are better minus worse in points, with the 95 % t interval, not corrected. A claim '
    'that two are alike holds if the difference is significantly smaller than the stated margin.',
    'The spread over seeds is that of training; the test clips are the same. It is taken as no less '
    'than the rounding of two accuracies to whole clips.',
    'Retrieval is on centred features. What the paper itself contradicts is no claim: at R@5 and '
    'R@20 STS is ahead of MLFO on one of the sets, in finetuning TempTrans on both.',
)
FIELDS = (
    'profile',
    'table',
    'claim',
    'statement',
    'task',
    'metric',
    'role',
    'dataset',
    'better',
    'worse',
    'margin',
    'status',
    'reason',
    'n',
    'seeds',
    'mean_better',
    'mean_worse',
    'difference',
    'ci_low',
    'ci_high',
    'p',
    'p_holm',
    'paper_difference',
)


def write_claims(
    records: Sequence[Record], results_dir: str | Path, methods: Collection[str] | None = None
) -> tuple[Path, Path]:
    """Write ``claims.md`` and ``claims.csv`` on all profiles that have records."""
    tables = [name for name, spec in TABLES.items() if spec.quoted]
    papers = {name: load_paper(paper_file(name, results_dir)) for name in tables}
    by_profile: dict[str, list[Record]] = {}
    for record in records:
        by_profile.setdefault(record.profile, []).append(record)
    verdicts = {
        name: judge(by_profile[name], PROFILES[name], methods)
        for name in PROFILES
        if name in by_profile
    }
    folder = Path(results_dir)
    markdown = write_atomic(folder / 'claims.md', claims_markdown(verdicts, papers))
    return markdown, write_atomic(folder / 'claims.csv', claims_csv(verdicts, papers))


def claims_markdown(verdicts: Mapping[str, Sequence[Verdict]], papers: Papers) -> str:
    """Return the page, a section per profile."""
    parts = ['# Claims of the paper', INTRODUCTION, bullets(METHOD)]
    if not verdicts:
        parts.append('No records yet: nothing was run.')
    for profile, found in verdicts.items():
        counts = [f'{sum(v.status == status for v in found)} {status}' for status in STATUSES]
        parts += [f'## Profile {profile}', f'{len(found)} comparisons: {", ".join(counts)}.']
        parts.append(grid_markdown(summary_grid(found)))
        for table in dict.fromkeys(claim.table for claim in CLAIMS):
            title = TABLES[table].title if table in TABLES else 'Figure 3: sweeps'
            shown = [verdict for verdict in found if verdict.claim.table == table]
            remarks = dict.fromkeys(v.claim.remark for v in shown if v.claim.remark)
            tested = [verdict for verdict in shown if verdict.status != 'not run']
            parts += [f'### {title}', grid_markdown(comparison_grid(tested, papers))]
            parts.append(bullets([*_missing(shown), *(f'{remark}.' for remark in remarks)]))
    return '\n\n'.join(part for part in parts if part) + '\n'


def _missing(verdicts: Sequence[Verdict]) -> list[str]:
    """Return the reasons for what was not run, with the rows that lack and their claims."""
    reasons: dict[str, dict[str, dict[str, None]]] = {}
    for verdict in verdicts:
        if verdict.status == 'not run':
            reason, _, row = plain_text(verdict.reason).partition(': ')
            reasons.setdefault(reason, {}).setdefault(row, {})[verdict.claim.name] = None
    return [
        f'Not run, {reason}: '
        + '; '.join(f'{row} ({", ".join(names)})'.strip() for row, names in rows.items())
        for reason, rows in reasons.items()
    ]


def summary_grid(verdicts: Sequence[Verdict]) -> Grid:
    """Return the verdict on each statement by data set."""
    roles = dict.fromkeys((verdict.role, verdict.dataset) for verdict in verdicts)
    header = ('Claim', 'Statement', *(_place(role, dataset) for role, dataset in roles))
    groups: dict[tuple[str, str], list[Verdict]] = {}
    for verdict in verdicts:
        groups.setdefault((verdict.claim.name, verdict.role), []).append(verdict)
    rows = []
    for claim in CLAIMS:
        found = [groups.get((claim.name, role)) for role, _ in roles]
        texts = [f'**{overall(group)}**' if group else f'{DASH} not claimed' for group in found]
        rows.append((claim.name, plain_text(claim.statement), *texts))
    texts = [' '.join(row[2:]) for row in rows]
    measured = tuple('not run' not in text for text in texts)
    return Grid('Claims', header, tuple(rows), measured, ())


def comparison_grid(verdicts: Sequence[Verdict], papers: Papers) -> Grid:
    """Return every comparison of a table with its difference and verdict."""
    header = ('Claim', 'Data set', 'Claimed', 'Difference', 'n', 'p (Holm)', 'Verdict', 'Paper')
    rows = tuple(_comparison_row(verdict, papers) for verdict in verdicts)
    measured = tuple(verdict.difference is not None for verdict in verdicts)
    return Grid('Comparisons', header, rows, measured, ())


def _comparison_row(verdict: Verdict, papers: Papers) -> tuple[str, ...]:
    difference = DASH
    if verdict.difference is not None:
        difference = f'{verdict.difference:+.1f}'
        if verdict.half_width is not None:
            difference += f' ± {verdict.half_width:.1f}'
    p = DASH if verdict.p_holm is None else f'{verdict.p_holm:.2g}'
    status = verdict.status + (f': {plain_text(verdict.reason)}' if verdict.reason else '')
    paper = paper_difference(verdict, papers)
    return (
        verdict.claim.name,
        dataset_name(verdict.dataset),
        _claimed(verdict),
        difference,
        str(len(verdict.seeds)),
        p,
        status,
        DASH if paper is None else f'{paper:+.1f}',
    )


def _claimed(verdict: Verdict) -> str:
    """Return what is claimed to be better than what; the backbone where the two differ."""
    sides = verdict.better, verdict.worse
    differ = {row.backbone for row in sides} != {'r3d18'}
    names = [
        row.label + (f' ({BACKBONES.get(row.backbone, row.backbone)})' if differ else '')
        for row in sides
    ]
    if sides[0].pretrain != sides[1].pretrain:
        names = [f'{n}, {dataset_name(row.pretrain)}' for n, row in zip(names, sides, strict=True)]
    margin = verdict.comparison.margin
    sign = ' > ' if margin is None else f' = (within {margin:g}) '
    return plain_text(sign.join(names))


def _place(role: str, dataset: str) -> str:
    name = dataset_name(dataset)
    return name if role == dataset else f'{name} (as {dataset_name(role)})'


def paper_difference(verdict: Verdict, papers: Papers) -> float | None:
    """Return the difference between the paper's own values, None where one is not quoted."""
    return quoted_difference(verdict.claim, verdict.comparison, verdict.role, papers)


def claims_csv(verdicts: Mapping[str, Sequence[Verdict]], papers: Papers) -> str:
    """Return one line per profile, comparison and data set."""
    return csv_text(
        FIELDS,
        (
            dict(profile=profile) | _fields(verdict, papers)
            for profile, found in verdicts.items()
            for verdict in found
        ),
    )


def _fields(verdict: Verdict, papers: Papers) -> dict[str, str]:
    claim, margin = verdict.claim, verdict.comparison.margin
    fields = dict(
        table=claim.table,
        claim=claim.name,
        statement=claim.statement,
        task=claim.task,
        metric=claim.metric,
        role=verdict.role,
        dataset=verdict.dataset,
        better=_key(verdict.better),
        worse=_key(verdict.worse),
        status=verdict.status,
        reason=verdict.reason,
        n=str(len(verdict.seeds)),
        seeds=' '.join(map(str, verdict.seeds)),
        margin='' if margin is None else number(margin),
    )
    numbers = dict(
        difference=verdict.difference,
        paper_difference=paper_difference(verdict, papers),
    )
    if verdict.means is not None:
        numbers |= dict(zip(('mean_better', 'mean_worse'), verdict.means, strict=True))
    if verdict.difference is not None and verdict.half_width is not None:
        numbers |= dict(ci_low=verdict.difference - verdict.half_width)
        numbers |= dict(ci_high=verdict.difference + verdict.half_width)
    fields |= {name: number(value) for name, value in numbers.items() if value is not None}
    chances = dict(p=verdict.p, p_holm=verdict.p_holm)
    return fields | {name: f'{p:.6g}' for name, p in chances.items() if p is not None}


def _key(row: Row) -> str:
    return ' '.join(part or '-' for part in (row.method, row.variant, row.backbone, row.pretrain))
