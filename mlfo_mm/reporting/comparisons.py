"""What a claim is: a sentence of the paper, and comparisons of two runs each that test it."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mlfo_mm.reporting.specs import Row
from mlfo_mm.study.identity import DEFAULT
from mlfo_mm.study.profiles import PAPER_DATASETS

BOTH = PAPER_DATASETS
CHANCE = 'chance'
PLACES = dict(
    table1='section 4.3, table 1',
    table2='section 4.4, table 2',
    table3='section 4.4, table 3',
    table4='section 4.3, table 4',
    figure3='section 4.4, figure 3',
    figure4='section 4.5, figure 4',
    figure5='section 4.5, figure 5',
)


@dataclass(frozen=True)
class Comparison:
    """One run is better than another, by a number of the same task.

    Attributes:
        better: the row that the paper puts ahead.
        worse: the row behind; a variant such as ``prototypes_*`` stands for values of a sweep.
        sets: the paper's test sets on which it is claimed.
        margin: where it is not None, the two are claimed to differ by no more points than this.
        by: by more points than this the better one is claimed to be ahead.
        span: which values of a sweep are meant: first stages in percent of the epochs, numbers of
            prototypes in multiples of the number of classes that one pretrains on.
        against: what of the worse row is compared where it is not the metric of the claim: another
            metric, or ``chance`` for what guessing reaches on the same test set.
    """

    better: Row
    worse: Row
    sets: tuple[str, ...] = BOTH
    margin: float | None = None
    by: float = 0.0
    span: tuple[float, float] = (0, math.inf)
    against: str = ''


@dataclass(frozen=True)
class Claim:
    """A statement of the paper: true on a test set if all its comparisons are.

    Attributes:
        table: where the paper shows it; Holm's correction covers all claims of a table.
        statement: what is tested.
        sentence: the paper's own words; empty where its numbers alone say so.
        place: section of the sentence, and the table or figure that it is about.
        metric: key in a record; ``paper_metric`` is its key among the quoted values.
    """

    name: str
    table: str
    statement: str
    sentence: str
    place: str
    task: str
    metric: str
    comparisons: tuple[Comparison, ...]
    paper_metric: str = ''

    @property
    def source(self) -> str:
        """Name, place and sentence in one line."""
        said = f'"{self.sentence}"' if self.sentence else 'by its numbers alone'
        return f'{self.name} ({self.place}): {said}'


def mlfo(
    variant: str = DEFAULT, backbone: str = 'r3d18', pretrain: str = 'kinetics400', name: str = ''
) -> Row:
    """Return the row of a variant of MLFO, with the paper's name of it."""
    return Row('mlfo', backbone, pretrain, variant, name=name)


def chain(*rows: Row) -> tuple[Comparison, ...]:
    """Compare neighbours of a list that goes from best to worst."""
    return tuple(Comparison(*pair) for pair in itertools.pairwise(rows))


def ahead(
    ours: Row,
    *others: str,
    sets: tuple[str, ...] = BOTH,
    by: float = 0.0,
    margin: float | None = None,
) -> tuple[Comparison, ...]:
    """Compare MLFO with others of its pretraining set, such as ``pace-contrast/r3d18``."""
    pairs = (other.split('/') for other in others)
    named = [(*name.partition('-')[::2], backbone) for name, backbone in pairs]
    return tuple(
        Comparison(ours, Row(method, backbone, ours.pretrain, variant), sets, margin, by)
        for method, variant, backbone in named
    )


def claim(
    name: str,
    table: str,
    statement: str,
    sentence: str,
    task: str,
    metric: str,
    *comparisons: Comparison,
    paper_metric: str = '',
) -> Claim:
    """Return a claim on any task, with its place."""
    place = PLACES[table]
    place = place if sentence else place.split(', ')[1]
    return Claim(name, table, statement, sentence, place, task, metric, comparisons, paper_metric)


def probe(name: str, table: str, statement: str, sentence: str, *comparisons: Comparison) -> Claim:
    """Return a claim on the linear probe."""
    by = ('linear_probe', 'top1')
    return claim(name, table, statement, sentence, *by, *comparisons, paper_metric='top1')


def tune(name: str, statement: str, sentence: str, *comparisons: Comparison) -> Claim:
    """Return a claim on finetuning."""
    by = ('finetune', 'top1')
    return claim(name, 'table1', statement, sentence, *by, *comparisons, paper_metric='top1')


def find(name: str, statement: str, sentence: str, *comparisons: Comparison) -> Claim:
    """Return a claim on R@1 of retrieval, on centred features as in table 4."""
    by = ('retrieval', 'R@1_centred')
    return claim(name, 'table4', statement, sentence, *by, *comparisons, paper_metric='R@1')


def quoted_difference(
    claim: Claim, comparison: Comparison, dataset: str, papers: Mapping[str, Sequence[Row]]
) -> float | None:
    """Return better minus worse of the paper's own values, None where one is not quoted.

    Args:
        claim: the claim that the comparison is of.
        comparison: two rows of it.
        dataset: one of the paper's test sets.
        papers: the quoted rows by table; a run that is quoted in several has one value.
    """
    quoted = {
        (row.method, row.variant, row.backbone, row.pretrain): row.values[cell]
        for row in itertools.chain.from_iterable(papers.values())
        if (cell := (claim.task, dataset, claim.paper_metric)) in row.values
    }
    better, worse = (
        quoted.get((row.method, row.variant, row.backbone, row.pretrain))
        for row in (comparison.better, comparison.worse)
    )
    return None if better is None or worse is None else better - worse
