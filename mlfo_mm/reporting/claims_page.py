"""``results/claims.md`` and ``claims.csv``: every claim of the paper, tested on every profile."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from mlfo_mm.files import write_atomic
from mlfo_mm.reporting.claims import CLAIMS
from mlfo_mm.reporting.comparisons import quoted_difference
from mlfo_mm.reporting.grid import (
    Column,
    CsvLine,
    Difference,
    Grid,
    GridCell,
    GridRow,
    Judged,
    Missing,
    Number,
    Text,
    Value,
)
from mlfo_mm.reporting.labels import backbone_name, dataset_name, one_line
from mlfo_mm.reporting.paper import load_paper, paper_file
from mlfo_mm.reporting.planned import PLANNED, TITLE
from mlfo_mm.reporting.render.csv import csv_text
from mlfo_mm.reporting.render.markdown import bullets, grid_markdown, joined, sentence_markdown
from mlfo_mm.reporting.specs import TABLES, Row
from mlfo_mm.reporting.verdicts import LEVEL, STATUSES, Verdict, judge, overall
from mlfo_mm.study.profiles import PROFILES
from mlfo_mm.study.records import Record

Papers = Mapping[str, Sequence[Row]]
INTRODUCTION = (
    'What the paper claims of its tables 1 to 4 and figures 3 to 5: each claim with its sentence, as '
    'comparisons of two rows, tested on the records of each profile. A small profile says whether an '
    'ordering is seen '
    "on its own data and schedule, not whether the paper's numbers are right."
)
REPRODUCED, CONTRADICTED, INCONCLUSIVE, NOT_RUN = (Text(status, 'term') for status in STATUSES)
METHOD = (
    (
        REPRODUCED,
        Text(', '),
        CONTRADICTED,
        Text(
            ': the mean difference over the seeds that both rows finished is significant, for or '
            "against the claim: two-sided test, paired over seeds and test clips, Holm's correction "
            f'over all comparisons of the table in that profile that could be tested, p < {LEVEL}.'
        ),
    ),
    (
        INCONCLUSIVE,
        Text(
            ': not significant, or only one seed in common (no interval then), or other protocols. '
        ),
        NOT_RUN,
        Text(': at least one of the two rows has no number; the reason is given.'),
    ),
    *(
        (Text(line),)
        for line in (
            'A claim of several comparisons is reproduced if all of them are, contradicted if one '
            'is.',
            'Differences are better minus worse in points, with the 95 % interval, not corrected. '
            'A claim that two are alike holds if the difference is significantly smaller than the '
            'stated margin; one of a large difference if it is significantly larger than stated.',
            'Spread is that of another seed and that of other test clips (crossed random effects on the '
            'difference of each clip in each seed). Without outcomes of clips in the records it is the '
            'paired t-test over seeds, which stands beside in any case. The error is no less than the '
            'rounding of two accuracies to whole clips.',
            'Retrieval is on centred features. What the paper itself contradicts is no claim: at '
            'R@5 and R@20 STS is ahead of MLFO on one of the sets, in finetuning TempTrans on both. '
            'Figures 4 and 5 are pictures in the paper; what is tested is measured on the first data '
            'set. Sweeps of figure 3 are run after pretraining on Kinetics-400.',
        )
    ),
)
FIELDS = (
    'profile',
    'table',
    'claim',
    'statement',
    'place',
    'sentence',
    'task',
    'metric',
    'role',
    'dataset',
    'better',
    'worse',
    'margin',
    'by',
    'against',
    'status',
    'reason',
    'n',
    'seeds',
    'clips',
    'mean_better',
    'mean_worse',
    'difference',
    'ci_low',
    'ci_high',
    'p',
    'p_holm',
    'p_seeds',
    'paper_difference',
)
OTHERS = dict(
    figure3='Figure 3: sweeps',
    figure4='Figure 4: neighbours',
    figure5='Figure 5: order of time',
    planned=TITLE,
)
COMPARED = (
    Column('Claim', 'label'),
    Column('Data set'),
    Column('Claimed'),
    Column('Difference', 'difference'),
    Column('n'),
    Column('p (Holm)'),
    Column('p, seeds alone'),
    Column('Verdict'),
    Column('Paper', 'quoted'),
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
        name: judge(by_profile[name], PROFILES[name], methods, (*CLAIMS, *PLANNED))
        for name in PROFILES
        if name in by_profile
    }
    folder = Path(results_dir)
    markdown = write_atomic(folder / 'claims.md', claims_markdown(verdicts, papers))
    return markdown, write_atomic(folder / 'claims.csv', claims_csv(verdicts, papers))


def claims_markdown(verdicts: Mapping[str, Sequence[Verdict]], papers: Papers) -> str:
    """Return the page, a section per profile."""
    parts = [
        '# Claims of the paper',
        INTRODUCTION,
        bullets([sentence_markdown(line) for line in METHOD]),
    ]
    if not verdicts:
        parts.append(
            'No records yet of runs here: there is nothing to test. Shipped ones are not tested.'
        )
    for profile, found in verdicts.items():
        counts = [f'{sum(v.status == status for v in found)} {status}' for status in STATUSES]
        parts += [f'## Profile {profile}', f'{len(found)} comparisons: {", ".join(counts)}.']
        parts.append(grid_markdown(summary_grid(found)))
        for table in dict.fromkeys(verdict.claim.table for verdict in found):
            shown = [v for v in found if v.claim.table == table]
            tested = [v for v in shown if v.status != 'not run']
            parts += [f'### {section_title(table)}']
            parts += [grid_markdown(comparison_grid(tested, papers)), bullets(_missing(shown))]
    parts += ['## What the paper says', bullets([claim.source for claim in CLAIMS])]
    return joined(parts)


def section_title(table: str) -> str:
    """Return the heading of the claims of a table or figure."""
    return TABLES[table].title if table in TABLES else OTHERS[table]


def _missing(verdicts: Sequence[Verdict]) -> list[str]:
    """Return the reasons for what was not run, with the rows that lack and their claims."""
    reasons: dict[str, dict[str, dict[str, None]]] = {}
    for verdict in verdicts:
        if verdict.status == 'not run':
            rows = reasons.setdefault(one_line(verdict.problem), {})
            rows.setdefault(one_line(verdict.about), {})[verdict.claim.name] = None
    return [
        f'Not run, {reason}: '
        + '; '.join(f'{row} ({", ".join(names)})'.strip() for row, names in rows.items())
        for reason, rows in reasons.items()
    ]


def summary_grid(verdicts: Sequence[Verdict]) -> Grid:
    """Return the verdict on each statement by data set."""
    roles = dict.fromkeys((verdict.role, verdict.dataset) for verdict in verdicts)
    places = [Column(_place(role, dataset), 'measured', dataset) for role, dataset in roles]
    groups: dict[tuple[str, str], list[Verdict]] = {}
    for verdict in verdicts:
        groups.setdefault((verdict.claim.name, verdict.role), []).append(verdict)
    rows = []
    for claim in CLAIMS:
        found = [groups.get((claim.name, role)) for role, _ in roles]
        statuses = [overall(group) if group else None for group in found]
        cells = [Judged(s, overall=True) if s else Missing('', 'not claimed') for s in statuses]
        labels = Text(claim.name), Text(claim.statement), Text(claim.place)
        rows.append(GridRow((*labels, *cells), 'not run' not in statuses))
    named = (Column('Claim', 'label'), Column('Statement'), Column('Where'))
    return Grid('Claims', (*named, *places), tuple(rows))


def comparison_grid(verdicts: Sequence[Verdict], papers: Papers) -> Grid:
    """Return every comparison of a table with its difference and verdict."""
    rows = [GridRow(_comparison_cells(v, papers), v.difference is not None) for v in verdicts]
    return Grid('Comparisons', COMPARED, tuple(rows))


def _comparison_cells(verdict: Verdict, papers: Papers) -> tuple[GridCell, ...]:
    tested = verdict.p_holm, verdict.p_seeds
    return (
        Text(verdict.claim.name),
        Text(dataset_name(verdict.dataset)),
        Text(_claimed(verdict)),
        Difference((verdict.difference,), verdict.half_width),
        Number(len(verdict.seeds)),
        *(Missing() if p is None else Number(p, 2, significant=True) for p in tested),
        Judged(verdict.status, verdict.reason),
        Difference((paper_difference(verdict, papers),)),
    )


def _claimed(verdict: Verdict) -> str:
    """Return what is claimed to be better than what; the backbone where the two differ."""
    sides = verdict.better, verdict.worse
    differ = {row.backbone for row in sides} != {'r3d18'}
    names = [row.label + (f' ({backbone_name(row.backbone)})' if differ else '') for row in sides]
    if sides[0].pretrain != sides[1].pretrain:
        names = [f'{n}, {dataset_name(row.pretrain)}' for n, row in zip(names, sides, strict=True)]
    margin, by = verdict.comparison.margin, verdict.comparison.by
    sign = f' > (by {by:g}) ' if by else ' > '
    sign = sign if margin is None else f' = (within {margin:g}) '
    return one_line(sign.join(names))


def _place(role: str, dataset: str) -> str:
    name = dataset_name(dataset)
    return name if role == dataset else f'{name} (as {dataset_name(role)})'


def paper_difference(verdict: Verdict, papers: Papers) -> float | None:
    """Return the difference between the paper's own values, None where one is not quoted."""
    return quoted_difference(verdict.claim, verdict.comparison, verdict.role, papers)


def claims_csv(verdicts: Mapping[str, Sequence[Verdict]], papers: Papers) -> str:
    """Return one line per profile, comparison and data set."""
    lines: list[CsvLine] = [
        dict(profile=profile) | _fields(verdict, papers)
        for profile, found in verdicts.items()
        for verdict in found
    ]
    return csv_text(FIELDS, lines)


def _fields(verdict: Verdict, papers: Papers) -> dict[str, Value]:
    claim = verdict.claim
    fields: dict[str, Value] = dict(
        table=claim.table,
        claim=claim.name,
        statement=claim.statement,
        place=claim.place,
        sentence=claim.sentence,
        task=claim.task,
        metric=claim.metric,
        role=verdict.role,
        dataset=verdict.dataset,
        better=_key(verdict.better),
        worse=_key(verdict.worse),
        status=verdict.status,
        reason=verdict.reason,
        n=len(verdict.seeds),
        seeds=verdict.seeds,
        margin=verdict.comparison.margin,
        by=verdict.comparison.by or None,
        against=verdict.comparison.against,
        difference=verdict.difference,
        paper_difference=paper_difference(verdict, papers),
        p=verdict.p,
        p_holm=verdict.p_holm,
        p_seeds=verdict.p_seeds,
        clips=verdict.clips or None,
    )
    if verdict.means is not None:
        fields |= dict(mean_better=verdict.means[0], mean_worse=verdict.means[1])
    if verdict.difference is not None and verdict.half_width is not None:
        fields |= dict(ci_low=verdict.difference - verdict.half_width)
        fields |= dict(ci_high=verdict.difference + verdict.half_width)
    return fields


def _key(row: Row) -> str:
    return ' '.join(part or '-' for part in (row.method, row.variant, row.backbone, row.pretrain))
