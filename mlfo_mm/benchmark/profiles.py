"""Profiles: on which data, at which size and how often the rows of the matrix run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from mlfo_mm.benchmark import matrix
from mlfo_mm.benchmark.matrix import SHOWN, TABLE_TASKS, TASKS, Experiment
from mlfo_mm.errors import UserError, did_you_mean


@dataclass(frozen=True)
class Profile:
    """A profile of the benchmark.

    Attributes:
        name: Its name; small profiles have one config a row, with this as suffix.
        datasets: Downstream data sets; small profiles pretrain on the training list of the first.
        tables: Tables and figures that a run makes by default.
        backbones: Backbones of the default rows; every backbone where empty.
        prepare: Command that makes the data where they are missing; none where the user brings them.
        seeds: Most seeds a row runs by default.
        prototypes: Figure 3: numbers of prototypes beside the config's own.
        first_stages: Figure 3: first stages in percent beside the config's own.
        processes: Processes (GPUs) of one pretraining.
        comparators: Whether methods beside MLFO and its baselines run without being asked for.
    """

    name: str
    datasets: tuple[str, ...]
    tables: tuple[str, ...]
    backbones: tuple[str, ...] = ('r3d18',)
    prepare: tuple[str, ...] = ()
    seeds: int = 1
    prototypes: tuple[int, ...] = ()
    first_stages: tuple[int, ...] = ()
    processes: int = 1
    comparators: bool = True

    @property
    def paper(self) -> bool:
        """Whether the rows run on the paper's pretraining sets."""
        return self.name == 'paper'

    def config(self, row: Experiment) -> str:
        """Path of a row's config in the repository, its change file joined with ``+``."""
        path = f'configs/{row.config}_{row.pretrain if self.paper else self.name}.py'
        change = row.change if row.change.startswith('/') else f'configs/{row.change}'
        return f'{path}+{change}.py' if row.change else path

    def lacking(self, row: Experiment, root: Path) -> list[str]:
        """Files of a row's config that are not in the repository."""
        return [path for path in self.config(row).split('+') if not (root / path).is_file()]


SYNTHETIC = ('synthetic_motion', 'synthetic_appearance')
MAKE_SYNTHETIC = ('tools/data/make_synthetic.py',)
PROFILES = {
    profile.name: profile
    for profile in (
        Profile(
            'smoke',
            SYNTHETIC,
            ('table1', 'table4'),
            prepare=MAKE_SYNTHETIC,
            prototypes=(4,),
            first_stages=(0,),
            comparators=False,
        ),
        Profile(
            'demo',
            SYNTHETIC,
            ('table1', 'table4'),
            prepare=MAKE_SYNTHETIC,
            prototypes=(6, 128),
            first_stages=(0, 50),
            comparators=False,
        ),
        Profile(
            'mini',
            ('utdrender27', 'msrrender20'),
            ('table1', 'table2', 'table3', 'table4', 'levels', 'figure4', 'figure5'),
            seeds=3,
            prototypes=(4, 27, 400),
            first_stages=(0, 10, 30, 40, 50),
        ),
        Profile(
            'paper',
            ('ucf101', 'hmdb51'),
            tuple(TABLE_TASKS),
            backbones=(),
            prototypes=(20, 100, 500, 2000, 4000),
            first_stages=(0, 10, 30, 40, 50),
            processes=8,
        ),
    )
}


@dataclass(frozen=True)
class Choice:
    """What a user wants of a profile; what is empty or None means the profile's own.

    Attributes:
        tables: Names, or numbers such as ``2`` for ``table2``.
        methods: Methods or variants.
        backbones: Backbones.
        datasets: Downstream data sets; the first is pretrained on.
        tasks: Downstream tasks.
        seeds: Number of seeds of every row, from 0.
        skip_broken: Evaluations pass over broken videos and count them.
    """

    profile: str
    tables: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()
    backbones: tuple[str, ...] = ()
    datasets: tuple[str, ...] = ()
    tasks: tuple[str, ...] = ()
    seeds: int | None = None
    skip_broken: bool = False

    def checked(self) -> Choice:
        """The same with the profile's own in place of what is empty.

        Raises:
            UserError: An unknown name.
        """
        profile = PROFILES[known('--profile', self.profile, PROFILES)]
        tables = tuple(f'table{name}' if name.isdigit() else name for name in self.tables)
        rows = all_rows(profile)
        names = [name for row in rows for name in (row.method, row.variant) if name]
        if self.seeds is not None and self.seeds < 1:
            raise UserError(f'--seeds {self.seeds}: at least 1')
        return replace(
            self,
            tables=tuple(known('--tables', name, TABLE_TASKS) for name in tables or profile.tables),
            methods=tuple(known('--methods', name, names) for name in self.methods),
            backbones=tuple(
                known('--backbones', name, [row.backbone for row in rows])
                for name in self.backbones or profile.backbones
            ),
            datasets=self.datasets or profile.datasets,
            tasks=tuple(known('--tasks', name, TASKS) for name in self.tasks or TASKS),
        )

    def seeds_of(self, row: Experiment) -> range:
        """Seeds of a row."""
        return range(self.seeds or min(row.seeds, PROFILES[self.profile].seeds))

    def tasks_of(self, row: Experiment, seed: int = 0, dataset: str = '') -> tuple[str, ...]:
        """Tasks of a seed of a row on a data set; on any where the name is empty.

        Finetuning, the dearest, and what figures show run for the first seed unless seeds are
        asked for; figures show the first data set.
        """
        tasks = row.needs(self.tables, self.tasks)
        if seed and not self.seeds:
            tasks = tuple(task for task in tasks if task not in ('finetune', *SHOWN))
        if dataset and dataset != self.datasets[0]:
            tasks = tuple(task for task in tasks if task not in SHOWN)
        return tasks


def known(option: str, name: str, names: Sequence[str]) -> str:
    """The name, if it is one of the names."""
    if name not in names:
        near = did_you_mean(name, names) or f': one of {", ".join(dict.fromkeys(names))}'
        raise UserError(f'{option} {name}: unknown{near}')
    return name


def all_rows(profile: Profile) -> tuple[Experiment, ...]:
    """The whole matrix at a profile's size."""
    return (
        *matrix.EXPERIMENTS,
        *matrix.sweep(profile.prototypes, profile.first_stages),
        *matrix.COMPARATORS,
    )


def chosen_rows(choice: Choice) -> tuple[Experiment, ...]:
    """Rows that a checked choice runs, in the matrix's order.

    In a small profile, rows that differ only in the pretraining set of the paper are one.
    """
    profile, merged = PROFILES[choice.profile], {}
    for row in all_rows(profile):
        if choice.methods and not {row.method, row.variant} & set(choice.methods):
            continue
        if row.optional and not (profile.comparators or choice.methods):
            continue
        # a comparator is the method with its paper's backbone
        if choice.backbones and not row.optional and row.backbone not in choice.backbones:
            continue
        if not choice.tasks_of(row):
            continue
        key = (profile.config(row), repr(sorted(row.options.items())), row.untrained)
        if key in merged:
            first = merged[key]
            row = replace(
                first,
                tables=tuple(dict.fromkeys((*first.tables, *row.tables))),
                tasks=() if not (first.tasks and row.tasks) else (*first.tasks, *row.tasks),
                seeds=max(first.seeds, row.seeds),
            )
        merged[key] = row
    return tuple(merged.values())
