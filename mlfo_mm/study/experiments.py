"""The experiment matrix: which pretraining, and which tasks, every cell of every table needs.

A method more has its rows in its card, see :mod:`methods`; here stand MLFO with its ablations, its
baselines, and the rows that the paper prints of others. Rows name no profile: :mod:`profiles` says
with which data, tables, seeds and backbones they run.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from mlfo_mm.study.identity import (
    DEFAULT,
    TIME_PADDINGS,
    ZEROS,
    hash_text,
    is_padded,
    padded_variant,
)
from mlfo_mm.study.methods import cards
from mlfo_mm.study.profiles import Profile
from mlfo_mm.study.tasks import PADDING, SWEEP, TABLE_TASKS, TASKS, UNTRAINED

MOST = 5  # seeds of what the claims pair
MLFO, BACKBONE, OFFICIAL = 'mlfo', 'r3d18', 'official'
# what Figure 3 sweeps over, and the config's key of it
SWEPT_KEYS = dict(prototypes='model.prototypes.num_prototypes', first_stage='model.first_stage')
SWEPT_VALUE = re.compile(r'(?:(?P<base>[^=]*)\+)?(?P<key>[A-Za-z_][\w.]*)=(?P<value>.+)')
SWEPT = re.compile(rf'({"|".join(SWEPT_KEYS)})_(\d+)')


@dataclass(frozen=True)
class Experiment:
    """One row: a pretraining that tables need.

    Attributes:
        method: Key of the method, or the kind of untrained weights.
        backbone: Key of the backbone.
        tables: Tables and figures with a cell for it, of ``TABLE_TASKS``.
        variant: What is changed of the recipe; empty for the recipe itself.
        options: Config values on top.
        pretrain: Pretraining set at paper scale: k400, k600 or ucf101.
        tasks: Of its tables' tasks, only these; all where empty.
        seeds: Seeds where the profile repeats runs.
        comparator: A method beside MLFO and its baselines; it runs once it has a card.
        swept: The key of ``options`` that a user's sweep changes.
    """

    method: str
    backbone: str
    tables: tuple[str, ...]
    variant: str = ''
    options: Mapping[str, object] = field(default_factory=dict)
    pretrain: str = 'k400'
    tasks: tuple[str, ...] = ()
    seeds: int = 1
    comparator: bool = False
    swept: str = ''

    @property
    def untrained(self) -> bool:
        """Whether the weights are random."""
        return self.method in UNTRAINED

    @property
    def name(self) -> str:
        """What its records have for a variant."""
        return str(self.options.get('variant', self.variant or DEFAULT))

    @property
    def recipe(self) -> str:
        """The method whose recipe it runs; of untrained weights, only its backbone."""
        return MLFO if self.untrained else self.method

    def run(self, profile: Profile) -> str:
        """How the run is spelled: ``mlfo/s3d@mini+ctm``; the options come on top."""
        scale = self.pretrain if profile.paper else profile.name
        return f'{self.recipe}/{self.backbone}@{scale}' + (
            f'+{self.variant}' if self.variant else ''
        )

    def needs(self, tables: tuple[str, ...], tasks: tuple[str, ...]) -> tuple[str, ...]:
        """Tasks that these tables want of it."""
        allowed = self.tasks or UNTRAINED.get(self.method, tuple(TASKS))
        wanted = {task for name in self.tables if name in tables for task in TABLE_TASKS[name]}
        return tuple(task for task in tasks if task in wanted and task in allowed)


def ablation(name: str, *tables: str, backbone: str = BACKBONE, seeds: int = 1) -> Experiment:
    """A row of MLFO with ``configs/mlfo/variants/<name>.py`` on top."""
    return Experiment(MLFO, backbone, tables, name, seeds=seeds)


EXPERIMENTS = (
    Experiment(MLFO, BACKBONE, tuple(table for table in TABLE_TASKS if table != SWEEP), seeds=MOST),
    Experiment('simclr', BACKBONE, ('table1', 'table4', 'levels'), seeds=MOST),
    Experiment('random', BACKBONE, ('table1', 'table4', 'levels', PADDING), seeds=MOST),
    Experiment('scratch', BACKBONE, ('table1',), seeds=MOST),
    # Table 2: multi-level optimization
    ablation('no_lower', 'table2', 'levels', seeds=MOST),
    ablation('one_hot', 'table2', 'levels', seeds=MOST),
    ablation('instance', 'table2', 'levels', seeds=MOST),
    ablation('semantic', 'table2', 'levels', seeds=MOST),
    ablation('combined_high', 'table2', 'levels', seeds=MOST),
    # Table 3 and Figure 5: temporal modelling
    ablation('no_temporal', 'table3', 'figure5', 'levels', seeds=MOST),
    ablation('ctm', 'table3', 'figure5', 'levels', seeds=MOST),
    ablation('no_temporal', 'table3', 'levels', backbone='slowfast', seeds=3),
    ablation('ctm', 'table3', 'levels', backbone='slowfast', seeds=3),
    Experiment(MLFO, 'slowfast', ('table3', 'levels'), seeds=3),
    ablation('no_temporal', 'table3', 'levels', backbone='s3d', seeds=3),
    ablation('ctm', 'table3', 'levels', backbone='s3d', seeds=3),
    Experiment(MLFO, 's3d', ('table1', 'table3', 'levels'), seeds=3),
    # Tables 1 and 4 at paper scale: pretrained on UCF101
    Experiment(
        MLFO, BACKBONE, ('table1', 'table4'), pretrain='ucf101', tasks=('finetune', 'retrieval')
    ),
    Experiment(MLFO, 's3d', ('table1',), pretrain='ucf101', tasks=('finetune',)),
    # beyond the paper: the released forms beside the paper's, where others than MLFO run as well
    replace(ablation(OFFICIAL, 'table1', 'table4', 'levels', seeds=MOST), comparator=True),
    # both forms of the method, and random weights, by their padding in time
    ablation(OFFICIAL, PADDING, seeds=3),
    *(
        ablation(padded_variant(form, padding), PADDING, seeds=3)
        for form in ('', OFFICIAL)
        for padding in TIME_PADDINGS
        if padding != ZEROS
    ),
    *(
        Experiment('random', BACKBONE, (PADDING,), padded_variant('', padding))
        for padding in TIME_PADDINGS
        if padding != ZEROS
    ),
)

PROBE, TUNE, FIND = 'linear_probe', 'finetune', 'retrieval'


def quoted(method: str, backbone: str, pretrain: str, *tasks: str, variant: str = '') -> Experiment:
    """A row of another method that the paper prints, in tables 1 and 4."""
    tables = tuple(table for table in ('table1', 'table4') if set(tasks) & set(TABLE_TASKS[table]))
    return Experiment(
        method, backbone, tables, variant, pretrain=pretrain, tasks=tasks, comparator=True
    )


COMPARATORS = (
    quoted('cbt', 's3d', 'k600', PROBE, TUNE),
    quoted('ccl', 'r3d18', 'k400', PROBE, TUNE),
    quoted('memdpc', 'r2d3d34', 'k400', PROBE, TUNE),
    quoted('memdpc', 'r2d3d34', 'ucf101', FIND),
    quoted('taco', 'r3d', 'k400', PROBE),
    quoted('vcop', 'r2plus1d', 'ucf101', TUNE),
    quoted('vcp', 'r3d', 'ucf101', TUNE, FIND),
    quoted('prp', 'r2plus1d', 'ucf101', TUNE),
    quoted('prp', 'r3d', 'ucf101', FIND),
    quoted('sts', 'r3d18', 'ucf101', TUNE, FIND),
    quoted('rotnet3d', 'r3d18', 'k400', TUNE),
    quoted('st_puzzle', 'r3d18', 'k400', TUNE),
    quoted('speednet', 's3dg', 'k400', TUNE, FIND),
    # the paper quotes Pace with its full objective
    quoted('pace', 'r2plus1d', 'k400', TUNE, variant='contrast'),
    quoted('dsm', 'r3d34', 'k400', TUNE),
    quoted('dsm', 'i3d', 'ucf101', FIND),
    quoted('temptrans', 'r3d18', 'k400', TUNE),
    quoted('vcop', 'r3d', 'ucf101', TUNE, FIND),  # VCOP's other network
)


def from_cards() -> tuple[Experiment, ...]:
    """Rows of the methods that ask for them in their cards, on the backbone of their recipes."""
    return tuple(
        Experiment(
            card.key,
            card.backbone,
            variant.tables,
            '' if variant.variant == DEFAULT else variant.variant,
            pretrain=variant.pretrain,
            tasks=variant.tasks,
            seeds=variant.seeds,
            comparator=True,
        )
        for card in cards().values()
        for variant in card.variants
        if variant.tables
    )


def sweep(prototypes: tuple[int, ...], first_stages: tuple[int, ...]) -> tuple[Experiment, ...]:
    """Rows of Figure 3 beside the default: numbers of prototypes, first stages in percent."""
    values = dict(prototypes=prototypes, first_stage=[e / 100 for e in first_stages])
    names = dict(prototypes=prototypes, first_stage=first_stages)
    base = Experiment(MLFO, BACKBONE, ('figure3',), seeds=3)
    return tuple(
        replace(base, options={'variant': f'{key}_{name}', SWEPT_KEYS[key]: value})
        for key in SWEPT_KEYS
        for name, value in zip(names[key], values[key], strict=True)
    )


def own_sweep(
    rows: Sequence[Experiment], key: str, values: Sequence[object]
) -> tuple[Experiment, ...]:
    """Rows of a user's sweep over values of a config key, of trained rows without options."""
    return tuple(
        replace(
            row,
            tables=(SWEEP,),
            options={'variant': swept_variant(row.variant, key, value), key: value},
            tasks=(),
            seeds=3,
            comparator=False,
            swept=key,
        )
        for row in rows
        for value in values
    )


def swept_variant(variant: str, key: str, value: object) -> str:
    """Return what a value of a sweep makes of a variant: ``one_hot+model.first_stage=0.1``."""
    text = re.sub(r'[^\w.,+-]+', '_', str(value)).strip('_') or 'none'
    if len(text) > 40:
        text = f'{text[:30]}_{hash_text(str(value))[:8]}'
    base = '' if variant in ('', DEFAULT) else f'{variant}+'
    return f'{base}{key}={text}'


def all_rows(profile: Profile) -> tuple[Experiment, ...]:
    """The whole matrix at a profile's size."""
    sweeps = sweep(profile.prototypes, profile.first_stages)
    return (*EXPERIMENTS, *sweeps, *COMPARATORS, *from_cards())


def homes(method: str, variant: str) -> tuple[str, ...]:
    """Return the tables and figures of an ablation of MLFO, ('',) for what is none.

    Runs of a user's sweep stand in the table of sweeps alone, those of another padding in time in that
    of paddings, whatever the method.
    """
    if SWEPT_VALUE.fullmatch(variant):
        return (SWEEP,)
    if is_padded(variant):
        return (PADDING,)
    if method != MLFO or variant in ('', DEFAULT, OFFICIAL):
        return ('',)
    if SWEPT.fullmatch(variant):
        return ('figure3',)
    rows = [row for row in EXPERIMENTS if (row.method, row.variant) == (method, variant)]
    return tuple(table for row in rows for table in row.tables) or ('table2',)
