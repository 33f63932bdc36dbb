"""From records to filled rows: which runs stand in which cell, and their mean over seeds.

A cell averages over seeds only. Runs that differ in anything else (family hash, protocol line or
data) are never mixed: the family that finished last is shown, the others are named in a note.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from scipy.special import stdtrit

from mlfo_mm.reporting.learned import not_learned
from mlfo_mm.reporting.one_data import of_one_data
from mlfo_mm.reporting.specs import Block, Row
from mlfo_mm.study.chance import SURE, is_small, standard_error
from mlfo_mm.study.experiments import homes
from mlfo_mm.study.identity import RunKey, contents, hash_text, is_padded, run_key
from mlfo_mm.study.names import DATASETS
from mlfo_mm.study.profiles import Profile
from mlfo_mm.study.records import Record
from mlfo_mm.study.tasks import PRETRAIN, SWEEP, Metric

SHOWN_SPLIT = 1
Groups = Mapping[RunKey, Mapping[str, Sequence[Record]]]  # by row and data set


@dataclass(frozen=True)
class Cell:
    """One number of a table, or why there is none.

    Attributes:
        status: ``measured``, ``not run`` or ``failed``.
        half_width: half of the 95 % Student t interval over seeds, None for one seed.
        planned: seeds tried, the failed ones included.
        at_chance: the mean is not above chance by more than the binomial error of the test set.
        small: the test set is too small to say more of it than that.
    """

    status: str
    reason: str = ''
    values: tuple[float, ...] = ()
    planned: int = 0
    mean: float | None = None
    half_width: float | None = None
    chance: float | None = None
    at_chance: bool = False
    small: bool = False
    runs: tuple[Record, ...] = ()

    @property
    def suspect(self) -> bool:
        """Whether it is at chance on a test set that is large enough to say so."""
        return self.at_chance and not self.small

    @property
    def protocol(self) -> str:
        """Protocol line that the runs of this cell share."""
        return str(self.runs[0].protocol['line']) if self.runs else ''


@dataclass
class Line:
    """A row with its cells by (data set, metric key); ``key`` is None if nothing was run.

    ``costs`` holds means by the keys of a record's ``cost``.
    """

    row: Row
    key: RunKey | None
    cells: dict[tuple[str, str], Cell] = field(default_factory=dict)
    costs: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Panel:
    """A block of a table with all its rows filled; notes by data set, general ones under ''.

    ``costs`` are the columns of costs beside the measured ones.
    """

    block: Block
    datasets: tuple[str, ...]
    lines: list[Line]
    notes: dict[str, list[str]]
    costs: tuple[Metric, ...] = ()


def mean_interval(values: Sequence[float]) -> tuple[float, float | None]:
    """Return the mean and the half width of its 95 % Student t interval (None for one value)."""
    mean = float(np.mean(values))
    if len(values) < 2:
        return mean, None
    error = float(np.std(values, ddof=1)) / math.sqrt(len(values))
    return mean, float(stdtrit(len(values) - 1, 0.975)) * error


def column_datasets(records: Iterable[Record], profile: Profile) -> tuple[str, ...]:
    """Return the data sets of the columns: the declared ones first, then those found beside.

    If records exist but for none of the declared sets, only the found ones get columns.
    """
    found = {record.dataset for record in records if record.task != PRETRAIN}
    declared = profile.datasets if not found or found & set(profile.datasets) else ()
    return declared + tuple(sorted(found - set(declared)))


def no_reason(row: Row, dataset: str) -> str:
    """Give no reason for a cell that was not run."""
    return ''


def fill_block(
    block: Block,
    rows: Sequence[Row],
    records: Sequence[Record],
    profile: Profile,
    why_missing: Callable[[Row, str], str] = no_reason,
) -> Panel:
    """Fill one block: the given rows in order, then what was measured and fits none of them.

    Shipped runs stand in rows of their own, each below one's own runs of that row if there are some.
    ``why_missing`` says of a row and a data set why nothing was run there, if it is known.
    """
    groups, others = group_runs(records, block.task)
    rows = [row for row in rows if block.task in row.tasks]
    lines = _place(rows, list(groups), profile, block)
    panel = Panel(block, column_datasets(records, profile), lines, others)
    fill_cells(panel, groups, why_missing)
    return panel


def group_runs(records: Iterable[Record], task: str) -> tuple[Groups, dict[str, list[str]]]:
    """Return the runs of a task by row and data set, and notes on those that are not shown."""
    groups: dict[RunKey, dict[str, list[Record]]] = {}
    other = 0
    kept, notes = of_one_data(records)
    for record in kept:
        if record.task != task:
            continue
        if record.split == SHOWN_SPLIT:
            by_dataset = groups.setdefault(run_key(record), {})
            by_dataset.setdefault(record.dataset, []).append(record)
        else:
            other += 1
    if other:
        notes.append(f'{other} records of splits other than {SHOWN_SPLIT} are not shown.')
    return groups, {'': notes} if notes else {}


def fill_cells(
    panel: Panel, groups: Groups, why_missing: Callable[[Row, str], str] = no_reason
) -> None:
    """Fill the lines of a panel with the runs of their keys, and its notes."""
    for line in panel.lines:
        for dataset in panel.datasets:
            runs = groups.get(line.key, {}).get(dataset, []) if line.key else []
            chosen, failed, left_out = choose_runs(runs)
            place = f'{line.row.label} on {DATASETS.get(dataset, dataset)}'
            panel.notes.setdefault(dataset, []).extend(f'{place}: {note}' for note in left_out)
            why = why_missing(line.row, dataset)
            for metric in panel.block.metrics:
                line.cells[dataset, metric.key] = _cell(chosen, failed, metric, why)
    for dataset in panel.datasets:
        panel.notes[dataset] = panel.notes.get(dataset, []) + not_learned(panel, dataset)


def _place(
    rows: Sequence[Row], keys: Iterable[RunKey], profile: Profile, block: Block
) -> list[Line]:
    """Give each run its row; a run that has none, or whose row is taken, gets a row of its own."""
    places: list[tuple[Row, dict[bool, RunKey]]] = [(row, {}) for row in rows]
    extra = []
    # in a small profile its usual pretraining set has the first claim to a row
    for key in sorted(keys, key=lambda key: (key.pretrain != profile.pretrain, key)):
        own = key._replace(reference=False)
        free = [place for place in places if fits_row(place[0], own, profile)]
        # small profiles pretrain on one set: it stands in the row of the paper's large one
        free.sort(key=lambda place: place[0].pretrain != 'kinetics400')
        if free and key.reference not in free[0][1]:
            free[0][1][key.reference] = key
        elif _belongs(key, block):
            extra.append(Line(Row.of(key), key))
    lines = [
        line for row, found in places for line in _lines(row, found.get(False), found.get(True))
    ]
    return lines + sorted(extra, key=lambda line: line.key or ())


def _lines(row: Row, own: RunKey | None, shipped: RunKey | None) -> list[Line]:
    """A row with one's own runs, and the one with those that are shipped: each where it has some."""
    if shipped is None:
        return [Line(row, own)]
    if own is None:
        return [Line(replace(row, reference=True), shipped)]
    # what the paper says is not said twice
    return [Line(row, own), Line(replace(row, reference=True, values={}, remarks=()), shipped)]


def fits_row(row: Row, key: RunKey, profile: Profile) -> bool:
    """Whether runs may stand in a row; small profiles pretrain on what they have.

    A row of any variant takes none of another padding in time.
    """
    if row.method != key.method or key.reference:
        return False
    if row.variant != key.variant and (row.variant or is_padded(key.variant)):
        return False
    if profile.paper:
        return (row.backbone, row.pretrain) == (key.backbone, key.pretrain)
    narrow = (f'{row.backbone}_', f'{row.backbone}-')
    return key.backbone == row.backbone or key.backbone.startswith(narrow)


def choose_runs(records: Sequence[Record]) -> tuple[list[Record], list[Record], list[str]]:
    """Return finished and failed runs of one family, one per seed, and notes on all others."""
    families: dict[tuple[str, str, str], list[Record]] = {}
    for record in records:
        # a run that failed early may have no protocol worth the name: its family hash counts
        line = record.protocol['line'] if record.status == 'done' else ''
        data = hash_text(repr(sorted(contents(record.leakage).items()))) if line else ''
        families.setdefault((record.family_hash, line, data), []).append(record)
    if not families:
        return [], [], []

    def rank(family: tuple[str, str, str]) -> tuple[bool, float, tuple[str, str, str]]:
        return bool(family[1]), _newest(families[family]).finished().timestamp(), family

    shown = max(families, key=rank)
    runs = families.pop(shown)
    if shown[1]:
        runs = runs + families.pop((shown[0], '', ''), [])
    notes = [
        f'left out: {len(others)} of another configuration, protocol or data '
        f'(family {family[0][:8]}, {family[1] or "failed"}); shown: family {shown[0][:8]}.'
        for family, others in sorted(families.items())
    ]
    done = _one_per_seed([run for run in runs if run.status == 'done'], notes)
    failed = _one_per_seed([run for run in runs if run.status == 'failed'], notes)
    finished = {run.seed for run in done}
    failed = [run for run in failed if run.seed not in finished]
    notes += [f'seed {run.seed} failed: {" ".join(run.reason.split())}' for run in failed]
    return done, failed, notes


def _newest(runs: Sequence[Record]) -> Record:
    return max(runs, key=lambda run: (run.finished(), run.experiment))


def _one_per_seed(runs: Sequence[Record], notes: list[str]) -> list[Record]:
    seeds: dict[int, list[Record]] = {}
    for run in runs:
        seeds.setdefault(run.seed, []).append(run)
    notes += [
        f'seed {seed} stands in {len(same)} records; the newest is used.'
        for seed, same in sorted(seeds.items())
        if len(same) > 1
    ]
    return [_newest(same) for _, same in sorted(seeds.items())]


def _belongs(key: RunKey, block: Block) -> bool:
    """Whether runs that fit no row of a table get one of their own in it."""
    found = homes(key.method, key.variant)
    return SWEEP not in found if block.extras is None else block.extras in found


def _cell(chosen: Sequence[Record], failed: Sequence[Record], metric: Metric, why: str) -> Cell:
    planned = len(chosen) + len(failed)
    runs = tuple(run for run in chosen if metric.key in run.metrics)
    if not runs:
        if chosen:
            return Cell('not run', f'no {metric.key} in the record', planned=planned)
        if failed:
            return Cell('failed', ' '.join(failed[-1].reason.split()), planned=planned)
        return Cell('not run', why)
    values = tuple(float(run.metrics[metric.key]) for run in runs)
    mean, half_width = mean_interval(values)
    classes = {run.protocol.get('num_classes') for run in runs}
    chance = None
    if len(classes) == 1 and (number := classes.pop()):
        chance = metric.chance(number)
    clips = min(run.n_samples['test']['read'] for run in runs)
    at_chance = small = False
    if chance is not None and clips:
        at_chance = mean - chance <= SURE * standard_error(chance, clips)
        small = is_small(chance, clips)
    return Cell('measured', '', values, planned, mean, half_width, chance, at_chance, small, runs)
