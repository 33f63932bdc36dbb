"""The downstream tasks: one row of ``TASKS`` says all that is said of a task.

A task more is one row here, and one function in :mod:`mlfo_mm.evaluation.tasks`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

PRETRAIN = 'pretrain'  # what the record of a pretraining has for a task
PADDING = 'padding'  # the table of what clips are padded with in time: asked for by its name alone
SWEEP = 'sweep'  # the table of a user's own sweeps
RECALLS = (1, 5, 10, 20)
LEVELS = ('low', 'mid', 'high')


def within(tries: int) -> Callable[[int], float]:
    """Percentage of guesses that are right if this many different classes may be named."""
    return lambda num_classes: 100 * min(1.0, tries / num_classes)


def among(draws: int) -> Callable[[int], float]:
    """Percentage of times that the class is among those of this many random videos."""
    return lambda num_classes: 100 * (1 - (1 - 1 / num_classes) ** draws)


def one_of_two(num_classes: int) -> float:
    """Percentage of right answers to a question of two answers."""
    return 50.0


@dataclass(frozen=True)
class Metric:
    """One number of a record.

    Attributes:
        key: Its key in ``metrics`` of a record, or in ``cost``.
        label: Head of its column.
        digits: After the point.
        scale: From the record to the unit of the label.
        quoted: The paper's metric that it may be set against; empty for none.
        guess: Percentage that guessing reaches on that many balanced classes, None if not known.
        summary: Head of its column where methods stand side by side; empty: it has none there.
        on: Features that it is of, where a task has numbers on several.
    """

    key: str
    label: str
    digits: int = 1
    scale: float = 1.0
    quoted: str = ''
    guess: Callable[[int], float] | None = None
    summary: str = ''
    on: str = ''

    @property
    def full(self) -> str:
        """The label, and the features that it is of."""
        return f'{self.label} on {self.on}' if self.on else self.label

    def show(self, value: float) -> str:
        """Return a value as it is printed, in the unit of the label."""
        return f'{value * self.scale:.{self.digits}f}'

    def chance(self, num_classes: int) -> float | None:
        """Return the percentage that guessing reaches on balanced classes, None if not known."""
        return None if self.guess is None else self.guess(num_classes)


@dataclass(frozen=True)
class Task:
    """One way to measure a backbone.

    Attributes:
        key: What records, options and configs call it.
        label: What people call it.
        tables: Tables and figures that it fills.
        metrics: What its records hold.
        frozen: The backbone is not trained; such tasks share their features, the others run alone.
        averaged: The scores of a video's clips are averaged.
        untrained: What the method of a record is called if the weights were random.
        every_seed: It runs for every seed of a row, not for the first alone.
        pictures: It is there for figures, of the first data set.
    """

    key: str
    label: str
    tables: tuple[str, ...]
    metrics: tuple[Metric, ...]
    frozen: bool = True
    averaged: bool = False
    untrained: str = 'random'
    every_seed: bool = True
    pictures: bool = False

    def metric(self, key: str) -> Metric:
        """The metric of a key."""
        return next(metric for metric in self.metrics if metric.key == key)


TOP1 = Metric('top1', 'top-1', quoted='top1', guess=within(1))
ACCURACY = (
    TOP1,
    Metric('top5', 'top-5', guess=within(5)),
    Metric('mean_class', 'mean class', guess=within(1)),
)
TASKS = {
    task.key: task
    for task in (
        Task(
            'linear_probe',
            'Linear probe',
            ('table1', 'table2', 'table3', 'figure3', PADDING, SWEEP),
            (replace(TOP1, summary='Linear probe'), *ACCURACY[1:]),
            averaged=True,
        ),
        Task(
            'finetune',
            'Finetune',
            ('table1', SWEEP),
            (replace(TOP1, summary='Finetune'), *ACCURACY[1:]),
            frozen=False,
            averaged=True,
            untrained='scratch',
            every_seed=False,
        ),
        Task(
            'retrieval',
            'Retrieval',
            ('table4', PADDING, SWEEP),
            (
                *(
                    Metric(
                        f'R@{k}_centred',
                        f'R@{k}',
                        quoted=f'R@{k}',
                        guess=among(k),
                        summary='R@1' if k == 1 else '',
                        on='centred features',
                    )
                    for k in RECALLS
                ),
                *(Metric(f'R@{k}', f'R@{k}', guess=among(k), on='raw features') for k in RECALLS),
            ),
        ),
        Task(
            'level_probe',
            'Levels',
            ('levels', SWEEP),
            tuple(
                Metric(f'top1_{level}', level, guess=within(1), summary=f'Probe, {level}')
                for level in LEVELS
            ),
            averaged=True,
        ),
        Task(
            'order',
            'Order',
            ('figure5', PADDING),
            (Metric('accuracy', 'accuracy', guess=one_of_two, summary='Order'),),
            every_seed=False,
            pictures=True,
        ),
        Task(
            'neighbours',
            'Neighbours',
            ('figure4',),
            (
                Metric('hits_instance', 'instance-wise', guess=within(1), summary='Neighbours'),
                Metric('hits_semantic', 'semantic-wise', guess=within(1)),
            ),
            every_seed=False,
            pictures=True,
        ),
    )
}
TABLE_TASKS = {
    table: tuple(task.key for task in TASKS.values() if table in task.tables)
    for table in sorted({table for task in TASKS.values() for table in task.tables})
}
UNTRAINED = {
    method: tuple(task.key for task in TASKS.values() if task.untrained == method)
    for method in dict.fromkeys(task.untrained for task in TASKS.values())
}
