"""Test the claims of the paper on records: differences paired over seeds and clips, Holm's correction.

A comparison takes the seeds that both rows finished, and what became of each test clip: the mean
difference over its standard error, in which seeds and clips are two sources of spread
(:mod:`mlfo_mm.reporting.paired`). Where records do not say what became of the clips, it is the paired
t-test over seeds, which stands beside in any case. There are two one-sided p-values: of the
hypothesis that the statement is false, and of the one that it is true. Twice the smaller one (the
two-sided p-value, where the statement is "better", or "better by so many points") is corrected by
Holm's method over all comparisons of the table that could be tested. Below 0.05 the statement is
reproduced or contradicted, by which of the two was smaller; else, and with fewer than two seeds, it
is inconclusive.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from scipy.special import stdtrit

from mlfo_mm.reporting.aggregate import SHOWN_SPLIT, choose_runs, column_datasets, fits_row
from mlfo_mm.reporting.claims import CATEGORIES, CLAIMS
from mlfo_mm.reporting.comparisons import CHANCE, Claim, Comparison
from mlfo_mm.reporting.one_data import of_one_data
from mlfo_mm.reporting.paired import holm, spread_of, stacked, two_sided
from mlfo_mm.reporting.specs import Row, is_implemented
from mlfo_mm.study.experiments import PROBE, SWEPT
from mlfo_mm.study.identity import RunKey, run_key
from mlfo_mm.study.names import BACKBONES
from mlfo_mm.study.outcomes import values_of
from mlfo_mm.study.profiles import PAPER_DATASETS, Profile
from mlfo_mm.study.records import Record
from mlfo_mm.study.tasks import TASKS

LEVEL = 0.05
STATUSES = ('reproduced', 'contradicted', 'inconclusive', 'not run')


class Side(NamedTuple):
    """A run, its number, and that number's values by test video (C,) where the record has them."""

    run: Record
    value: float
    by_video: np.ndarray | None


@dataclass(frozen=True)
class Verdict:
    """What the records of a profile say on one comparison on one data set.

    Attributes:
        role: the paper's test set that ``dataset`` plays.
        better: row that the paper puts ahead, as it was measured; ``worse`` the other one.
        problem: why there is no verdict, and ``about`` which row, where it is about one.
        seeds: what the two have in common.
        difference: mean of better minus worse; ``half_width`` of its 95 % interval, uncorrected.
        p: uncorrected; ``p_holm`` corrected; ``p_seeds`` of the t-test over seeds alone, uncorrected.
        clips: test videos that the test pairs; 0 where it is that over seeds alone.
        favours: whether the smaller one-sided p-value speaks for the statement.
    """

    claim: Claim
    comparison: Comparison
    role: str
    dataset: str
    better: Row
    worse: Row
    status: str = 'not run'
    problem: str = ''
    about: str = ''
    seeds: tuple[int, ...] = ()
    means: tuple[float, float] | None = None
    difference: float | None = None
    half_width: float | None = None
    p: float | None = None
    p_holm: float | None = None
    p_seeds: float | None = None
    clips: int = 0
    favours: bool = False

    @property
    def reason(self) -> str:
        """Why there is no verdict, in one phrase."""
        return ': '.join(filter(None, (self.problem, self.about)))


class Runs:
    """The runs of one profile by task, row and data set; ``categories`` of each data set."""

    def __init__(self, records: Iterable[Record], profile: Profile) -> None:
        self.profile = profile
        self.groups: dict[str, dict[RunKey, dict[str, list[Record]]]] = {}
        self.categories = dict(CATEGORIES)
        for record in of_one_data(records)[0]:
            if record.task == PROBE and (number := record.protocol.get('num_classes')):
                self.categories.setdefault(record.dataset, number)
            if record.split == SHOWN_SPLIT:
                rows = self.groups.setdefault(record.task, {})
                rows.setdefault(run_key(record), {}).setdefault(record.dataset, []).append(record)

    def key(self, task: str, row: Row) -> RunKey | None:
        """Return what stands for a row; in a small profile, its usual pretraining set first."""
        keys = [key for key in self.groups.get(task, {}) if fits_row(row, key, self.profile)]
        return min(keys, default=None, key=lambda k: (k.pretrain != self.profile.pretrain, k))

    def variants(self, task: str, comparison: Comparison) -> list[str]:
        """Return the variants of a sweep that were run and are meant: ``<setting>_*``."""
        row = comparison.worse
        setting = row.variant.removesuffix('_*')
        found = {}
        for key in self.groups.get(task, {}):
            match = SWEPT.fullmatch(key.variant)
            if not match or match[1] != setting:
                continue
            if not fits_row(replace(row, variant=key.variant), key, self.profile):
                continue
            unit = self.categories.get(key.pretrain) if setting == 'prototypes' else 1
            low, high = comparison.span
            if unit and low <= int(match[2]) / unit <= high:
                found[key.variant] = int(match[2])
        return sorted(found, key=found.__getitem__)


def judge(
    records: Sequence[Record],
    profile: Profile,
    methods: Collection[str] | None = None,
    claims: Sequence[Claim] = CLAIMS,
) -> list[Verdict]:
    """Test claims, by default all of the paper, on the records of one profile.

    ``methods`` are what the project implements, None if that is not known.
    """
    runs = Runs(records, profile)
    datasets = column_datasets(records, profile)[: len(PAPER_DATASETS)]
    roles = dict(zip(PAPER_DATASETS, datasets, strict=False))
    verdicts = [
        _judge_pair(runs, claim, pair, role, roles[role], methods)
        for claim in claims
        for comparison in claim.comparisons
        for pair in _expand(runs, claim.task, comparison)
        for role in comparison.sets
        if role in roles
    ]
    return list(_corrected(verdicts))


def _expand(runs: Runs, task: str, comparison: Comparison) -> list[Comparison]:
    if not comparison.worse.variant.endswith('*'):
        return [comparison]
    variants = runs.variants(task, comparison)
    rows = [replace(comparison.worse, variant=variant) for variant in variants]
    return [replace(comparison, worse=row) for row in rows] or [comparison]


def _judge_pair(
    runs: Runs,
    claim: Claim,
    pair: Comparison,
    role: str,
    dataset: str,
    methods: Collection[str] | None,
) -> Verdict:
    empty = Verdict(claim, pair, role, dataset, pair.better, pair.worse)
    rows = (pair.better, pair.worse)
    found = [runs.key(claim.task, row) for row in rows]
    keys = [key for key in found if key]
    if len(keys) < len(rows):
        lacking = [row for row, key in zip(rows, found, strict=True) if key is None]
        problem, about = _why_not(lacking, methods)
        return replace(empty, problem=problem, about=about)
    sides: list[dict[int, Side]] = []
    metrics = (claim.metric, pair.against or claim.metric)
    for row, key, metric in zip(rows, keys, metrics, strict=True):
        done, failed, _ = choose_runs(runs.groups[claim.task][key].get(dataset, []))
        if not done and failed:
            reason = ' '.join(failed[-1].reason.split())
            return replace(empty, problem='failed', about=f'{row.label}: {reason}')
        values = {run.seed: _value(run, claim, metric) for run in done}
        measured = {
            run.seed: Side(run, value, _by_video(run, metric, value))
            for run in done
            if (value := values[run.seed]) is not None
        }
        if not measured:
            about = f'{row.label} on {dataset}'
            return replace(empty, problem=f'no {metric}', about=about)
        sides.append(measured)
    if keys[0] == keys[1] and not pair.against:
        return replace(empty, problem='needs runs on both pretraining sets')
    better, worse = (
        replace(row, backbone=key.backbone, pretrain=key.pretrain, variant=key.variant)
        for row, key in zip(rows, keys, strict=True)
    )
    empty = replace(empty, better=better, worse=worse)
    seeds = tuple(sorted(set(sides[0]) & set(sides[1])))
    if not seeds:
        return replace(empty, status='inconclusive', problem='no seed in common')
    pairs = [(sides[0][seed], sides[1][seed]) for seed in seeds]
    if len({run.protocol['line'] for pair in pairs for run, *_ in pair}) > 1:
        return replace(empty, status='inconclusive', problem='measured under different protocols')
    return _tested(replace(empty, seeds=seeds), pairs)


def _value(run: Record, claim: Claim, metric: str) -> float | None:
    """Return a number of a run, or what guessing reaches on its test set; None if not known."""
    if metric != CHANCE:
        return run.metrics.get(metric)
    number = run.protocol.get('num_classes')
    return TASKS[claim.task].metric(claim.metric).chance(number) if number else None


def _by_video(run: Record, metric: str, value: float) -> np.ndarray | None:
    """Return a number's values by test video; guessing has the same for each."""
    if metric == CHANCE:
        return np.full(run.n_samples['test']['read'], value)
    return values_of(run.outcomes[metric]) if metric in run.outcomes else None


def _why_not(lacking: Sequence[Row], methods: Collection[str] | None) -> tuple[str, str]:
    for row in lacking:
        if not is_implemented(row.method, methods):
            return 'method not implemented yet', row.label
    row = lacking[0]
    return 'no runs', f'{row.label} on {BACKBONES.get(row.backbone, row.backbone)}'


def _tested(empty: Verdict, pairs: Sequence[tuple[Side, Side]]) -> Verdict:
    values = np.array([[side.value for side in pair] for pair in pairs])
    differences = values[:, 0] - values[:, 1]
    better, worse = values.mean(axis=0)
    mean = float(differences.mean())
    result = replace(
        empty, status='inconclusive', means=(float(better), float(worse)), difference=mean
    )
    n = len(pairs)
    if n < 2:
        return replace(result, problem='one seed in common: no interval')
    # accuracies are rounded to whole clips: no spread at all is luck, not certainty
    runs = [side.run for pair in pairs for side in pair]
    step = 100 / max(1, min(run.n_samples['test']['read'] for run in runs)) / math.sqrt(6 * n)
    error = max(float(differences.std(ddof=1)) / math.sqrt(n), step)
    comparison, freedom = empty.comparison, n - 1.0
    by = (comparison.by, comparison.margin)
    p_seeds, favours = two_sided(mean, error, freedom, *by)
    p = p_seeds
    by_video = stacked([(first.by_video, second.by_video) for first, second in pairs])
    clips = 0 if by_video is None else by_video.shape[1]
    if by_video is not None:
        spread = spread_of(by_video)
        error, freedom = max(spread.error(n, clips), step), spread.freedom(n, clips)
        p, favours = two_sided(mean, error, freedom, *by)
    half = float(stdtrit(freedom, 0.975)) * error
    return replace(result, half_width=half, p=p, p_seeds=p_seeds, clips=clips, favours=favours)


def _corrected(verdicts: Sequence[Verdict]) -> Iterator[Verdict]:
    families: dict[str, list[float]] = {}
    for verdict in verdicts:
        if verdict.p is not None:
            families.setdefault(verdict.claim.table, []).append(verdict.p)
    adjusted = {table: iter(holm(values)) for table, values in families.items()}
    for verdict in verdicts:
        if verdict.p is None:
            yield verdict
            continue
        p = next(adjusted[verdict.claim.table])
        status = 'inconclusive'
        if p < LEVEL:
            status = 'reproduced' if verdict.favours else 'contradicted'
        yield replace(verdict, p_holm=p, status=status)


def overall(verdicts: Sequence[Verdict]) -> str:
    """Return the verdict on a statement: reproduced if all its comparisons are."""
    found = {verdict.status for verdict in verdicts}
    if 'contradicted' in found:
        return 'contradicted'
    if found <= {'not run'}:
        return 'not run'
    return 'reproduced' if found == {'reproduced'} else 'inconclusive'
