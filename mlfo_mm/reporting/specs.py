"""What the tables hold, as data. The paper's own rows come from ``results/paper/*.csv``.

A method beyond the paper gets one :class:`Row` in ``BASELINES``; a table one :class:`TableSpec`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from mlfo_mm.errors import UserError, did_you_mean
from mlfo_mm.study.identity import DEFAULT, TIME_PADDINGS, RunKey, is_padded, padded_variant
from mlfo_mm.study.methods import method_name
from mlfo_mm.study.names import variant_name
from mlfo_mm.study.tasks import PADDING, RECALLS, SWEEP, TASKS, TOP1, UNTRAINED, Metric

NOWHERE = 'nowhere'  # extras of a block that takes none


@dataclass(frozen=True)
class Block:
    """One grid of a table: a task and its metrics.

    Attributes:
        extras: which runs that fit no row get one of their own: all of them (None), those that
            are no ablation (''), or the ablations that have the named table among their :func:`homes`.
    """

    title: str
    task: str
    metrics: tuple[Metric, ...]
    extras: str | None = None


@dataclass(frozen=True)
class Row:
    """One row: whose runs stand in it and what the paper prints for it.

    Attributes:
        variant: empty for any.
        values: paper's values by (task, data set, metric).
        remarks: caveats on the quoted values.
        name: what the paper calls an ablation.
        reference: shipped runs, beside those of one's own.
    """

    method: str
    backbone: str
    pretrain: str
    variant: str = ''
    kind: str = 'beyond the paper'
    tasks: tuple[str, ...] = tuple(TASKS)
    values: Mapping[tuple[str, str, str], float] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()
    name: str = ''
    reference: bool = False

    @classmethod
    def of(cls, key: RunKey) -> Row:
        """The row of runs that fit no other."""
        return cls(key.method, key.backbone, key.pretrain, key.variant, reference=key.reference)

    @property
    def label(self) -> str:
        """Name of the method, with the variant where it is not the default one."""
        name = method_name(self.method)
        untrained = self.method in UNTRAINED and not is_padded(self.variant)
        if self.name:
            name = f'{name}: {self.name}'
        elif self.variant not in ('', DEFAULT) and not untrained:
            name = f'{name} ({variant_name(self.variant)})'
        return f'{name}, reference' if self.reference else name


def is_implemented(method: str, methods: Collection[str] | None) -> bool:
    """Whether the project can run a method; ``methods`` are those with configs, None if unknown."""
    return methods is None or method in methods or method in UNTRAINED


def why_no_cost(method: str, otherwise: str = 'not recorded') -> str:
    """Return why a cost of pretraining is lacking: untrained weights have none."""
    return 'not defined' if method in UNTRAINED else otherwise


@dataclass(frozen=True)
class TableSpec:
    """One table: its grids, rows beyond the paper's, notes.

    Attributes:
        quoted: ``results/paper/<name>.csv`` has rows of it.
        costs: whether its first grid has columns of costs.
    """

    name: str
    title: str
    blocks: tuple[Block, ...] = ()
    baselines: tuple[Row, ...] = ()
    notes: tuple[str, ...] = ()
    quoted: bool = True
    costs: bool = False


RANDOM = Row('random', 'r3d18', 'none', tasks=UNTRAINED['random'])
SIMCLR = Row('simclr', 'r3d18', 'kinetics400', DEFAULT)
MLFO = Row('mlfo', 'r3d18', 'kinetics400', DEFAULT)
FORMS = dict(default='paper', official='official')
PADDED = tuple(
    Row('mlfo', 'r3d18', 'kinetics400', padded_variant(form, padding), name=f'{name}, {padding}')
    for form, name in FORMS.items()
    for padding in TIME_PADDINGS
)
BASELINES = (RANDOM, Row('scratch', 'r3d18', 'none', tasks=UNTRAINED['scratch']), SIMCLR)
COSTS = (
    Metric('params_m', 'Params (M)', digits=2),
    Metric('gflops', 'GFLOPs', digits=2),
    Metric('clips_per_s', 'Clips/s'),
    Metric('peak_memory_mb', 'Memory (MB)', digits=0),
    Metric('wall_time_s', 'Time (h)', digits=2, scale=1 / 3600),
)
TABLES = {
    'table1': TableSpec(
        name='table1',
        title='Table 1: action recognition',
        blocks=(
            Block('Linear probe, top-1 accuracy', 'linear_probe', (TOP1,), extras=''),
            Block('Finetune, top-1 accuracy', 'finetune', (TOP1,)),
        ),
        baselines=BASELINES,
        notes=(
            'Linear probes of ablations stand in tables 2 and 3, those of the sweeps in figure 3.',
            'Costs: see the table of costs for the machine they were measured on.',
        ),
        costs=True,
    ),
    'table2': TableSpec(
        name='table2',
        title='Table 2: multi-level optimization',
        blocks=(Block('Linear probe, top-1 accuracy', 'linear_probe', (TOP1,), extras='table2'),),
        baselines=(RANDOM, SIMCLR),
        notes=(
            'w/o: no graph term on any level; one-hot: each clip its own and only neighbour; '
            'instance, semantic, combined: which graph the low and mid levels follow. The temporal '
            'terms are on in all rows of MLFO.',
        ),
    ),
    'table3': TableSpec(
        name='table3',
        title='Table 3: temporal modelling',
        blocks=(Block('Linear probe, top-1 accuracy', 'linear_probe', (TOP1,), extras='table3'),),
        baselines=tuple(
            Row('random', backbone, 'none', tasks=UNTRAINED['random'])
            for backbone in ('slowfast', 'r3d18', 's3d')
        ),
        notes=(
            'w/o: neither motion nor retrieval terms; CTM: shuffled and reversed input clips as '
            'negatives of the high level; NTM: motion and retrieval terms on features. The graph '
            'terms are on in all rows of MLFO.',
        ),
    ),
    'table4': TableSpec(
        name='table4',
        title='Table 4: video retrieval',
        blocks=(
            Block(
                'Retrieval on centred features',
                'retrieval',
                tuple(TASKS['retrieval'].metric(f'R@{k}_centred') for k in RECALLS),
            ),
            Block(
                'Retrieval on raw features',
                'retrieval',
                tuple(TASKS['retrieval'].metric(f'R@{k}') for k in RECALLS),
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
    'levels': TableSpec(
        name='levels',
        title='Levels: a linear probe on each level (beyond the paper)',
        blocks=(
            Block(
                'Linear probe, top-1 accuracy',
                'level_probe',
                TASKS['level_probe'].metrics,
            ),
        ),
        baselines=(RANDOM, SIMCLR, MLFO),
        quoted=False,
    ),
    'costs': TableSpec(
        name='costs',
        title='Costs of pretraining',
        notes=(
            'Parameters of the backbone, GFLOPs (multiply-adds) of it for one clip of the '
            "evaluation's size; the rest is of the pretraining run. Mean over seeds on one "
            'machine; other machines have rows of their own.',
        ),
        quoted=False,
    ),
    'training': TableSpec(
        name='training',
        title='Training: the last epoch of each pretraining',
        notes=(
            'Edges: mean number of neighbours of a clip in the graph of a level. Prototypes: how '
            'many a batch uses. Deviation: of the embeddings over a batch; near 0 they collapsed. '
            'Terms: which of them were solved, only as low as a shortcut brings them, or in the end '
            'still at chance. '
            'The curves are in the records; the CSV has every logged quantity, first and last.',
        ),
        quoted=False,
    ),
    'diagnostics': TableSpec(
        name='diagnostics',
        title='Diagnostics: order of time and neighbours (figures 4 and 5)',
        blocks=(
            Block(
                'Forward or reversed, accuracy of a linear classifier on frozen features',
                'order',
                TASKS['order'].metrics,
            ),
            Block(
                'Top 3 training neighbours with the class of the query',
                'neighbours',
                TASKS['neighbours'].metrics,
            ),
        ),
        baselines=(RANDOM, SIMCLR, MLFO),
        notes=('The paper prints no such numbers: its figures 4 and 5 show examples.',),
        quoted=False,
    ),
    PADDING: TableSpec(
        name=PADDING,
        title='Padding: what a clip is padded with in time (beyond the paper)',
        blocks=tuple(
            Block(title, task, (TASKS[task].metric(metric),), extras=PADDING)
            for title, task, metric in (
                ('Linear probe, top-1 accuracy', 'linear_probe', 'top1'),
                ('Retrieval on centred features, R@1', 'retrieval', 'R@1_centred'),
                ('Forward or reversed, on frozen features', 'order', 'accuracy'),
            )
        ),
        baselines=(
            *(
                replace(RANDOM, variant=padded_variant('', padding), name=padding)
                for padding in TIME_PADDINGS
            ),
            *PADDED,
        ),
        notes=(
            'Beyond a clip stand zeros, as published, its first and last step (replicate), or its '
            'other end (circular). Zeros mark the ends: a reversed or shuffled map is told by them, '
            'without looking at what moves. paper: negatives are the augmented features; official: '
            'other samples too.',
        ),
        quoted=False,
    ),
}

# beside them where a user made one: its rows are found in the records
SWEEPS = TableSpec(
    name=SWEEP,
    title='Sweeps over config values',
    blocks=(
        Block('Linear probe, top-1 accuracy', 'linear_probe', (TOP1,), extras=NOWHERE),
        Block('Finetune, top-1 accuracy', 'finetune', (TOP1,), extras=NOWHERE),
        Block(
            'Retrieval on centred features',
            'retrieval',
            tuple(TASKS['retrieval'].metric(f'R@{k}_centred') for k in RECALLS),
            extras=NOWHERE,
        ),
        Block(
            'Linear probe of each level, top-1 accuracy',
            'level_probe',
            TASKS['level_probe'].metrics,
            extras=NOWHERE,
        ),
    ),
    quoted=False,
)
FIGURES = ('3', '4', '5', PADDING, 'bars', 'curves', SWEEP)


def find_table(name: str) -> TableSpec:
    """Return a table by number or name: ``1``, ``table1`` or ``levels``."""
    key = f'table{name}' if name.isdecimal() else name
    if key == SWEEP:
        return SWEEPS
    if key not in TABLES:
        known = ', '.join(TABLES)
        raise UserError(f'unknown table {name!r}{did_you_mean(key, TABLES)}: there are {known}')
    return TABLES[key]
