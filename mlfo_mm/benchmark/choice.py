"""What a user chooses of a profile: tables, methods, backbones, data sets, tasks and seeds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from mlfo_mm.errors import UserError, did_you_mean
from mlfo_mm.study.experiments import MLFO, Experiment, all_rows, own_sweep
from mlfo_mm.study.profiles import PROFILES, Profile
from mlfo_mm.study.tasks import SWEEP, TABLE_TASKS, TASKS

USUAL_OF_SWEEPS = ('linear_probe', 'retrieval')  # tasks where none is named


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
        sweep: Config keys, each with the values that rows are run at: they are the rows then.
        finetuned: Pretrained weights are finetuned, not only random ones; told by the profile.
    """

    profile: str
    tables: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()
    backbones: tuple[str, ...] = ()
    datasets: tuple[str, ...] = ()
    tasks: tuple[str, ...] = ()
    seeds: int | None = None
    skip_broken: bool = False
    sweep: tuple[tuple[str, tuple[Any, ...]], ...] = ()
    finetuned: bool = True

    def checked(self) -> Choice:
        """The same with the profile's own in place of what is empty.

        Raises:
            UserError: An unknown name.
        """
        profile = PROFILES[known('--profile', self.profile, PROFILES)]
        tables = tuple(f'table{name}' if name.isdigit() else name for name in self.tables)
        if self.sweep and set(tables) - {SWEEP}:
            raise UserError('--sweep makes a table of its own: leave --tables out')
        if SWEEP in tables and not self.sweep:
            raise UserError(f'--tables {SWEEP}: say of what, --sweep KEY=VALUES')
        if self.sweep:
            tables = (SWEEP,)
        rows = all_rows(profile)
        names = [name for row in rows for name in (row.method, row.name)]
        if self.seeds is not None and self.seeds < 1:
            raise UserError(f'--seeds {self.seeds}: at least 1')
        usual = USUAL_OF_SWEEPS if self.sweep else TASKS
        return replace(
            self,
            tables=tuple(known('--tables', name, TABLE_TASKS) for name in tables or profile.tables),
            methods=tuple(known('--methods', name, names) for name in self.methods),
            backbones=tuple(
                known('--backbones', name, [row.backbone for row in rows])
                for name in self.backbones or profile.backbones
            ),
            datasets=self.datasets or profile.datasets,
            tasks=tuple(known('--task', name, TASKS) for name in self.tasks or usual),
            finetuned=bool(self.tasks or self.methods) or not profile.scratch_only,
        )

    def seeds_of(self, row: Experiment) -> range:
        """Seeds of a row."""
        return range(self.seeds or min(row.seeds, PROFILES[self.profile].seeds))

    def tasks_of(self, row: Experiment, seed: int = 0, dataset: str = '') -> tuple[str, ...]:
        """Tasks of a seed of a row on a data set; on any where the name is empty.

        Of pretrained weights, some run for the first seed alone unless seeds are asked for; figures
        show the first data set.
        """
        tasks = [TASKS[task] for task in row.needs(self.tables, self.tasks)]
        if not (self.finetuned or row.untrained):
            tasks = [task for task in tasks if task.frozen]
        if seed and not (self.seeds or row.untrained):
            tasks = [task for task in tasks if task.every_seed]
        if dataset and dataset != self.datasets[0]:
            tasks = [task for task in tasks if not task.pictures]
        return tuple(task.key for task in tasks)


def known(option: str, name: str, names: Iterable[str]) -> str:
    """The name, if it is one of the names."""
    names = list(dict.fromkeys(names))
    if name not in names:
        near = did_you_mean(name, names) or f': one of {", ".join(names)}'
        raise UserError(f'{option} {name}: unknown{near}')
    return name


def chosen_rows(choice: Choice) -> tuple[Experiment, ...]:
    """Rows that a checked choice runs, in the matrix's order.

    In a small profile, rows that differ only in the pretraining set of the paper are one.
    """
    profile = PROFILES[choice.profile]
    if choice.sweep:
        return _swept_rows(choice, profile)
    merged: dict[tuple[str, str, str], Experiment] = {}
    for row in all_rows(profile):
        if choice.methods and not {row.method, row.name} & set(choice.methods):
            continue
        own = row.method in profile.also and not row.variant
        wanted = profile.comparators or choice.methods or own
        if row.comparator and not wanted:
            continue
        if choice.backbones and row.backbone not in choice.backbones:
            continue
        if not choice.tasks_of(row):
            continue
        key = (row.run(profile), repr(sorted(row.options.items())), row.method)
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


def _swept_rows(choice: Choice, profile: Profile) -> tuple[Experiment, ...]:
    """Rows of the sweeps: of each method, or variant that is named, and backbone, on one set."""
    found: dict[tuple[str, str, str], Experiment] = {}
    names = choice.methods or (MLFO,)
    for row in all_rows(profile):
        named = row.variant in names or (not row.variant and row.method in names)
        if row.untrained or row.options or not named:
            continue
        if not choice.backbones or row.backbone in choice.backbones:
            found.setdefault((row.method, row.backbone, row.variant), row)
    rows = tuple(found.values())
    return tuple(each for key, values in choice.sweep for each in own_sweep(rows, key, values))
