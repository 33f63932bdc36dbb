"""What the paper claims on its tables 1 to 4 and figure 3, as comparisons of two runs each.

Only what the paper's own numbers support is a claim; where a table's numbers do so on one of the
two test sets, the comparison names that set alone.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from mlfo_mm.reporting.specs import Row
from mlfo_mm.study.identity import DEFAULT
from mlfo_mm.study.profiles import PAPER_DATASETS

UCF, HMDB = PAPER_DATASETS
BOTH = PAPER_DATASETS
K400, K600, U101 = 'kinetics400', 'kinetics600', 'ucf101'
SIMILAR = 2.0


@dataclass(frozen=True)
class Comparison:
    """One run is better than another, by a number of the same task.

    Attributes:
        better: the row that the paper puts ahead.
        worse: the row behind; a variant such as ``prototypes_*`` stands for all values of a sweep.
        sets: the paper's test sets on which it is claimed.
        margin: where it is not None, the two are claimed to differ by no more points than this.
    """

    better: Row
    worse: Row
    sets: tuple[str, ...] = BOTH
    margin: float | None = None


@dataclass(frozen=True)
class Claim:
    """A statement of the paper: true on a test set if all its comparisons are.

    Attributes:
        table: where the paper shows it; Holm's correction covers all claims of a table.
        metric: key in a record; ``paper_metric`` is its key among the quoted values.
        remark: how the statement is known, where it is not from the table itself.
    """

    name: str
    table: str
    statement: str
    task: str
    metric: str
    paper_metric: str
    comparisons: tuple[Comparison, ...]
    remark: str = ''


def mlfo(
    variant: str = DEFAULT, backbone: str = 'r3d18', pretrain: str = K400, name: str = ''
) -> Row:
    """Return the row of a variant of MLFO, with the paper's name of it."""
    return Row('mlfo', backbone, pretrain, variant, name=name)


def chain(*rows: Row) -> tuple[Comparison, ...]:
    """Compare neighbours of a list that goes from best to worst."""
    return tuple(Comparison(*pair) for pair in itertools.pairwise(rows))


def ahead(ours: Row, others: Sequence[tuple[str, str, tuple[str, ...]]]) -> tuple[Comparison, ...]:
    """Compare MLFO with others of its pretraining set: (method or method-variant, backbone, sets)."""
    named = [(*name.partition('-')[::2], backbone, sets) for name, backbone, sets in others]
    return tuple(
        Comparison(ours, Row(method, backbone, ours.pretrain, variant), sets)
        for method, variant, backbone, sets in named
    )


def probe(name: str, table: str, statement: str, *comparisons: Comparison) -> Claim:
    """Return a claim on the linear probe."""
    return Claim(name, table, statement, 'linear_probe', 'top1', 'top1', comparisons)


def tune(name: str, statement: str, *comparisons: Comparison) -> Claim:
    """Return a claim on finetuning."""
    return Claim(name, 'table1', statement, 'finetune', 'top1', 'top1', comparisons)


def find(name: str, statement: str, *comparisons: Comparison) -> Claim:
    """Return a claim on R@1 of retrieval, on centred features as in table 4."""
    return Claim(name, 'table4', statement, 'retrieval', 'R@1_centred', 'R@1', comparisons)


CBT = Row('cbt', 's3d', K600)
COMBINED = mlfo(name='combined graph')
WITHOUT = mlfo('no_lower', name='w/o graph')
FIGURE3 = 'The paper prints no numbers in figure 3: the statements are from reading notes'
CLAIMS = (
    probe(
        '1.1',
        'table1',
        'Linear probe: MLFO (R3D-18) is ahead of CBT, CCL, MemDPC and TaCo',
        Comparison(mlfo(), CBT),
        *ahead(
            mlfo(), [('ccl', 'r3d18', BOTH), ('memdpc', 'r2d3d34', BOTH), ('taco', 'r3d', BOTH)]
        ),
    ),
    probe(
        '1.2',
        'table1',
        'Linear probe: MLFO on S3D is ahead of CBT on S3D',
        Comparison(mlfo(backbone='s3d'), CBT),
    ),
    tune(
        '1.3',
        'Finetuning after UCF101: MLFO (R3D-18) is ahead of VCOP, VCP and PRP, of STS on HMDB51',
        *ahead(
            mlfo(pretrain=U101),
            [
                ('vcop', 'r2plus1d', BOTH),
                ('vcp', 'r3d', BOTH),
                ('prp', 'r2plus1d', BOTH),
                ('sts', 'r3d18', (HMDB,)),
            ],
        ),
    ),
    tune(
        '1.4',
        'Finetuning after Kinetics: MLFO (R3D-18) is ahead of RotNet, ST-Puzzle, Pace and MemDPC, '
        'of DSM on UCF101, of SpeedNet and CBT on HMDB51',
        *ahead(
            mlfo(),
            [
                ('rotnet3d', 'r3d18', BOTH),
                ('stpuzzle', 'r3d18', BOTH),
                ('pace-contrast', 'r2plus1d', BOTH),
                ('memdpc', 'r2d3d34', BOTH),
                ('dsm', 'r3d34', (UCF,)),
                ('speednet-default', 's3dg', (HMDB,)),
            ],
        ),
        Comparison(mlfo(), CBT, (HMDB,)),
    ),
    tune(
        '1.5',
        'Finetuning: pretraining on Kinetics-400 is better than on UCF101',
        Comparison(mlfo(), mlfo(pretrain=U101)),
        Comparison(mlfo(backbone='s3d'), mlfo(backbone='s3d', pretrain=U101)),
    ),
    probe(
        '2.1',
        'table2',
        'Graphs on low and mid level: combined > instance > w/o > one-hot > semantic',
        *chain(
            COMBINED,
            mlfo('instance', name='instance graph'),
            WITHOUT,
            mlfo('one_hot', name='one-hot'),
            mlfo('semantic', name='semantic graph'),
        ),
    ),
    probe(
        '2.2',
        'table2',
        'Combined graph: on low and mid level > on the high level only > w/o',
        *chain(COMBINED, mlfo('combined_high', name='combined, high level only'), WITHOUT),
    ),
    *(
        probe(
            f'3.{number}',
            'table3',
            f'Temporal modelling on {label}: NTM > w/o > CTM',
            *chain(
                mlfo(backbone=backbone, name='NTM'),
                mlfo('no_temporal', backbone, name='w/o'),
                mlfo('ctm', backbone, name='CTM'),
            ),
        )
        for number, (backbone, label) in enumerate(
            (('slowfast', 'SlowFast'), ('r3d18', 'R3D-18'), ('s3d', 'S3D')), start=1
        )
    ),
    find(
        '4.1',
        'Retrieval, R@1: MLFO is ahead of VCP, MemDPC, PRP, Pace, DSM and STS',
        *ahead(
            mlfo(pretrain=U101),
            [
                ('vcp', 'r3d', BOTH),
                ('memdpc', 'r2d3d34', BOTH),
                ('prp', 'r3d', BOTH),
                ('pace-contrast', 'r3d18', BOTH),
                ('dsm', 'i3d', BOTH),
                ('sts', 'r3d18', BOTH),
            ],
        ),
    ),
    find(
        '4.2',
        'Retrieval, R@1: MLFO after Kinetics-400 is ahead of SpeedNet',
        *ahead(mlfo(), [('speednet-default', 's3dg', (UCF,))]),
    ),
    find(
        '4.3',
        'Retrieval, R@1: pretraining on Kinetics-400 is better than on UCF101',
        Comparison(mlfo(), mlfo(pretrain=U101)),
    ),
    replace(
        probe(
            'F3.1',
            'figure3',
            'First stage: a share E of 10 to 20 % of the epochs is better than less or more',
            Comparison(mlfo(), mlfo('first_stage_*')),
        ),
        remark=FIGURE3,
    ),
    replace(
        probe(
            'F3.2',
            'figure3',
            'Prototypes: the accuracy hardly depends on K (here: the default and other K differ by '
            f'less than {SIMILAR:g} points)',
            Comparison(mlfo(), mlfo('prototypes_*'), margin=SIMILAR),
        ),
        remark=FIGURE3,
    ),
)


def quoted_difference(
    claim: Claim, comparison: Comparison, dataset: str, papers: Mapping[str, Sequence[Row]]
) -> float | None:
    """Return better minus worse of the paper's own values, None where one is not quoted.

    Args:
        claim: the claim that the comparison is of.
        comparison: two rows of the claim's table.
        dataset: one of the paper's test sets.
        papers: the quoted rows by table.
    """
    quoted = {
        (row.method, row.variant, row.backbone, row.pretrain): row.values[cell]
        for row in papers.get(claim.table, ())
        if (cell := (claim.task, dataset, claim.paper_metric)) in row.values
    }
    better, worse = (
        quoted.get((row.method, row.variant, row.backbone, row.pretrain))
        for row in (comparison.better, comparison.worse)
    )
    return None if better is None or worse is None else better - worse
