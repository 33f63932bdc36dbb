"""The experiment matrix: which pretraining, and which tasks, every cell of every table needs.

A method or an ablation more is one row more. Rows name no profile: :mod:`profiles` says with
which data, tables, seeds and backbones they run.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import PurePath

TABLE_TASKS = {
    'table1': ('linear_probe', 'finetune'),
    'table2': ('linear_probe',),
    'table3': ('linear_probe',),
    'table4': ('retrieval',),
    'levels': ('level_probe',),
    'figure3': ('linear_probe',),
    'figure4': ('neighbours',),
    'figure5': ('order',),
}
SHOWN = ('neighbours', 'order')  # of a few clips, as pictures
TASKS = tuple(dict.fromkeys(task for tasks in TABLE_TASKS.values() for task in tasks))
UNTRAINED = {
    'random': tuple(task for task in TASKS if task != 'finetune'),
    'scratch': ('finetune',),
}


@dataclass(frozen=True)
class Experiment:
    """One row: a pretraining that tables need.

    Attributes:
        config: ``mlfo/r3d18`` stands for ``configs/mlfo/r3d18_<suffix>.py``; the suffix is the
            profile's name, in the profile ``paper`` the row's ``pretrain``.
        tables: Tables and figures with a cell for it, of ``TABLE_TASKS``.
        change: File of changes below ``configs`` (or a path of its own), without ``.py``.
        options: Config values on top.
        pretrain: Pretraining set at paper scale: k400, k600 or ucf101.
        tasks: Of its tables' tasks, only these; all where empty.
        seeds: Seeds where the profile repeats runs.
        untrained: ``random`` or ``scratch``: the config's backbone without pretraining.
        optional: A method that may not be registered yet: without its config it is no error.
    """

    config: str
    tables: tuple[str, ...]
    change: str = ''
    options: Mapping[str, object] = field(default_factory=dict)
    pretrain: str = 'k400'
    tasks: tuple[str, ...] = ()
    seeds: int = 1
    untrained: str = ''
    optional: bool = False

    @property
    def method(self) -> str:
        """The method: folder of the config, or the kind of untrained weights."""
        return self.untrained or self.config.split('/')[0]

    @property
    def backbone(self) -> str:
        """File name of the config without its suffix."""
        return self.config.split('/')[-1]

    @property
    def variant(self) -> str:
        """What its options, its change or its config's folder call it; empty for the method itself."""
        folder = PurePath(*self.config.split('/')[1:-1])
        return str(self.options.get('variant', PurePath(self.change).name or folder.name))

    def needs(self, tables: tuple[str, ...], tasks: tuple[str, ...]) -> tuple[str, ...]:
        """Tasks that these tables want of it."""
        allowed = self.tasks or UNTRAINED.get(self.untrained, TASKS)
        wanted = {task for name in self.tables if name in tables for task in TABLE_TASKS[name]}
        return tuple(task for task in tasks if task in wanted and task in allowed)


def ablation(name: str, *tables: str, config: str = 'mlfo/r3d18', seeds: int = 1) -> Experiment:
    """A row of MLFO with ``configs/mlfo/ablations/<name>.py`` on top."""
    return Experiment(config, tables, change=f'mlfo/ablations/{name}', seeds=seeds)


EVERYWHERE = tuple(TABLE_TASKS)
EXPERIMENTS = (
    Experiment('mlfo/r3d18', EVERYWHERE, seeds=3),
    Experiment('simclr/r3d18', ('table1', 'table4', 'levels')),
    Experiment('mlfo/r3d18', ('table1', 'table4', 'levels'), untrained='random'),
    Experiment('mlfo/r3d18', ('table1',), untrained='scratch'),
    # Table 2: multi-level optimization
    ablation('no_lower', 'table2', 'levels', seeds=3),
    ablation('one_hot', 'table2', 'levels'),
    ablation('instance', 'table2', 'levels'),
    ablation('semantic', 'table2', 'levels'),
    ablation('combined_high', 'table2', 'levels'),
    # Table 3 and Figure 5: temporal modelling
    ablation('no_temporal', 'table3', 'figure5', 'levels', seeds=3),
    ablation('ctm', 'table3', 'figure5', 'levels', seeds=3),
    ablation('no_temporal', 'table3', 'levels', config='mlfo/slowfast'),
    ablation('ctm', 'table3', 'levels', config='mlfo/slowfast'),
    Experiment('mlfo/slowfast', ('table3', 'levels')),
    ablation('no_temporal', 'table3', 'levels', config='mlfo/s3d'),
    ablation('ctm', 'table3', 'levels', config='mlfo/s3d'),
    Experiment('mlfo/s3d', ('table1', 'table3', 'levels')),
    # Tables 1 and 4 at paper scale: pretrained on UCF101
    Experiment(
        'mlfo/r3d18', ('table1', 'table4'), pretrain='ucf101', tasks=('finetune', 'retrieval')
    ),
    Experiment('mlfo/s3d', ('table1',), pretrain='ucf101', tasks=('finetune',)),
)

PROBE, TUNE, FIND = 'linear_probe', 'finetune', 'retrieval'
CONTRAST = 'pace/ablations/contrast'  # Pace's numbers in the paper are of its full objective


def comparator(config: str, pretrain: str, *tasks: str, change: str = '') -> Experiment:
    """A row of a method that the paper quotes; it runs once the method has its config folder."""
    tables = ('table4',) if FIND in tasks else ()
    tables += ('table1',) if set(tasks) - {FIND} else ()
    return Experiment(config, tables, change, pretrain=pretrain, tasks=tasks, optional=True)


COMPARATORS = (
    comparator('cbt/s3d', 'k600', PROBE, TUNE),
    comparator('ccl/r3d18', 'k400', PROBE, TUNE),
    comparator('memdpc/r2d3d34', 'k400', PROBE, TUNE),
    comparator('memdpc/r2d3d34', 'ucf101', FIND),
    comparator('taco/r3d', 'k400', PROBE),
    comparator('vcop/r2plus1d', 'ucf101', TUNE),
    comparator('vcp/r3d', 'ucf101', TUNE, FIND),
    comparator('prp/r2plus1d', 'ucf101', TUNE),
    comparator('prp/r3d', 'ucf101', FIND),
    comparator('sts/r3d18', 'ucf101', TUNE, FIND),
    comparator('rotnet3d/r3d18', 'k400', TUNE),
    comparator('stpuzzle/r3d18', 'k400', TUNE),
    comparator('speednet/s3dg', 'k400', TUNE, FIND),
    comparator('pace/r2plus1d', 'k400', TUNE, change=CONTRAST),
    comparator('dsm/r3d34', 'k400', TUNE),
    comparator('dsm/i3d', 'ucf101', FIND),
    comparator('temptrans/r3d18', 'k400', TUNE),
    # beyond the paper: VCOP's other network, and every task on one backbone
    comparator('vcop/r3d', 'ucf101', TUNE, FIND),
    comparator('vcop/r3d18', 'ucf101', PROBE, TUNE, FIND),
    comparator('pace/r3d18', 'ucf101', PROBE, TUNE, FIND),
    comparator('speednet/r3d18', 'ucf101', PROBE, TUNE, FIND),
    comparator('speednet/ctp7/r3d18', 'ucf101', PROBE, TUNE, FIND),
    comparator('temptrans/r3d18', 'ucf101', PROBE, TUNE, FIND),
    comparator('rotnet3d/r3d18', 'ucf101', PROBE, TUNE, FIND),
    comparator('memdpc/r3d18', 'ucf101', PROBE, TUNE, FIND),
    comparator('pace/r3d18', 'ucf101', PROBE, TUNE, FIND, change=CONTRAST),
    Experiment('simclr/cvrl/r3d18', ('table1', 'table4', 'levels'), seeds=3, optional=True),
    Experiment('moco/r3d18', ('table1', 'table4', 'levels'), seeds=3, optional=True),
    Experiment('swav/r3d18', ('table1', 'table4', 'levels'), optional=True),
    Experiment('byol/r3d18', ('table1', 'table4', 'levels'), optional=True),
)


def sweep(prototypes: tuple[int, ...], first_stages: tuple[int, ...]) -> tuple[Experiment, ...]:
    """Rows of Figure 3 beside the default: numbers of prototypes, first stages in percent."""
    base = Experiment('mlfo/r3d18', ('figure3',))
    by_k = [{'variant': f'k{k}', 'model.prototypes.num_prototypes': k} for k in prototypes]
    by_e = [{'variant': f'e{e}', 'model.first_stage': e / 100} for e in first_stages]
    return tuple(replace(base, options=options) for options in (*by_k, *by_e))
