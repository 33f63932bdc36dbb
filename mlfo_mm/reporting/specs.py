"""What the tables hold, as data. The paper's own rows come from ``results/paper/*.csv``.

A method beyond the paper gets one :class:`Row` in ``BASELINES``; a table one :class:`TableSpec`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from mlfo_mm.errors import UserError, did_you_mean
from mlfo_mm.reporting.records import PROFILES, TASKS

METHODS = dict(
    cbt='CBT',
    ccl='CCL',
    dsm='DSM',
    memdpc='MemDPC',
    mlfo='MLFO',
    pace='Pace',
    prp='PRP',
    random='Random weights',
    rotnet3d='RotNet',
    scratch='Supervised from scratch',
    simclr='SimCLR',
    speednet='SpeedNet',
    stpuzzle='ST-Puzzle',
    sts='STS',
    taco='TaCo',
    temptrans='TempTrans',
    vcop='Order (VCOP)',
    vcp='VCP',
)
BACKBONES = dict(
    i3d='I3D',
    r2d3d34='R2D3D-34',
    r2plus1d='R(2+1)D',
    r3d='R3D',
    r3d18='R3D-18',
    r3d34='R3D-34',
    s3d='S3D',
    s3dg='S3D-G',
    slowfast='SlowFast',
)
DATASETS = dict(
    hmdb51='HMDB51',
    kinetics400='Kinetics-400',
    kinetics600='Kinetics-600',
    none='nothing',
    ucf101='UCF101',
)


@dataclass(frozen=True)
class Profile:
    """Which data sets stand in a profile's columns, and on what it pretrains by default."""

    name: str
    datasets: tuple[str, ...]
    pretrain: str


@dataclass(frozen=True)
class Metric:
    """One number of a record; ``paper`` names the paper's metric it may be set against."""

    key: str
    label: str
    paper: str = ''


@dataclass(frozen=True)
class Block:
    """One grid of a table: a task and its metrics."""

    title: str
    task: str
    metrics: tuple[Metric, ...]


@dataclass(frozen=True)
class Row:
    """One row: whose runs stand in it and what the paper prints for it.

    Attributes:
        variant: empty for any.
        values: paper's values by (task, data set, metric).
        remarks: caveats on the quoted values.
    """

    method: str
    backbone: str
    pretrain: str
    variant: str = ''
    kind: str = 'beyond the paper'
    tasks: tuple[str, ...] = TASKS
    values: Mapping[tuple[str, str, str], float] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()

    @property
    def label(self) -> str:
        """Name of the method, with the variant where it is not the default one."""
        name = METHODS.get(self.method, self.method)
        plain = self.variant in ('', 'paper', 'default') or self.method in ('random', 'scratch')
        return name if plain else f'{name} ({self.variant})'


@dataclass(frozen=True)
class TableSpec:
    """One table of the paper: file of quoted values, grids, rows beyond the paper's, notes."""

    name: str
    title: str
    blocks: tuple[Block, ...]
    baselines: tuple[Row, ...]
    notes: tuple[str, ...] = ()


# What the two downstream sets of the paper are played by in a small profile is no equality: the
# tables never set these against the paper's numbers.
PROFILE_SPECS = {
    'smoke': Profile('smoke', ('synthetic_motion', 'synthetic_appearance'), 'synthetic_motion'),
    'demo': Profile('demo', ('synthetic_motion', 'synthetic_appearance'), 'synthetic_motion'),
    'mini': Profile('mini', ('utdrender27', 'msrrender20'), 'utdrender27'),
    'paper': Profile('paper', ('ucf101', 'hmdb51'), 'kinetics400'),
}
PAPER_DATASETS = PROFILE_SPECS['paper'].datasets
RECALLS = (1, 5, 10, 20)
BASELINES = (
    Row('random', 'r3d18', 'none', tasks=('linear_probe', 'retrieval')),
    Row('scratch', 'r3d18', 'none', tasks=('finetune',)),
    Row('simclr', 'r3d18', 'kinetics400'),
)
TOP1 = (Metric('top1', 'top-1', paper='top1'),)
TABLES = {
    'table1': TableSpec(
        name='table1',
        title='Table 1: action recognition',
        blocks=(
            Block('Linear probe, top-1 accuracy', 'linear_probe', TOP1),
            Block('Finetune, top-1 accuracy', 'finetune', TOP1),
        ),
        baselines=BASELINES,
    ),
    'table4': TableSpec(
        name='table4',
        title='Table 4: video retrieval',
        blocks=(
            Block(
                'Retrieval on centred features',
                'retrieval',
                tuple(Metric(f'R@{k}_centred', f'R@{k}', paper=f'R@{k}') for k in RECALLS),
            ),
            Block(
                'Retrieval on raw features',
                'retrieval',
                tuple(Metric(f'R@{k}', f'R@{k}') for k in RECALLS),
            ),
        ),
        baselines=BASELINES,
        notes=(
            'Raw and centred features give different numbers and stand apart. The paper does not '
            'say which it used; its README points to evaluation code that centres, so its values '
            'stand beside the centred ones.',
            'A cell with four values holds R@1 / R@5 / R@10 / R@20.',
        ),
    ),
}


def find_profile(name: str) -> Profile:
    """Return a profile by name."""
    if name not in PROFILE_SPECS:
        known = ', '.join(PROFILES)
        raise UserError(f'unknown profile {name!r}{did_you_mean(name, PROFILES)}: one of {known}')
    return PROFILE_SPECS[name]


def find_table(name: str) -> TableSpec:
    """Return a table by number or name: ``1`` or ``table1``."""
    key = name if name.startswith('table') else f'table{name}'
    if key not in TABLES:
        raise UserError(f'unknown table {name!r}: there are {", ".join(TABLES)}')
    return TABLES[key]
