"""What pretraining did not teach: rows that are not above random weights, in a sentence."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from mlfo_mm.study.names import DATASETS
from mlfo_mm.study.tasks import TASKS

if TYPE_CHECKING:
    from mlfo_mm.reporting.aggregate import Cell, Line, Panel

SURE = 1.96  # binomial standard errors of the difference of two accuracies on one test set


def not_learned(panel: Panel, dataset: str) -> list[str]:
    """A sentence on the rows of a panel that are not above random weights on a data set.

    The first metric of the panel's block counts. Nothing is said where random weights were not
    measured.
    """
    task, metric = TASKS[panel.block.task], panel.block.metrics[0]
    if task.untrained == 'scratch':
        return []
    cells = {id(line): line.cells[dataset, metric.key] for line in panel.lines}
    base = next((cells[id(line)] for line in panel.lines if _is_random(line, cells)), None)
    if base is None or base.mean is None:
        return []
    below = [
        f'{line.row.label} ({metric.show(cell.mean)})'
        for line in panel.lines
        if (cell := cells[id(line)]).mean is not None
        and line.key is not None
        and line.key.method != task.untrained
        and cell.mean - base.mean <= SURE * math.hypot(_error(cell), _error(base))
    ]
    if not below:
        return []
    return [
        f'{DATASETS.get(dataset, dataset)}, {metric.label} not above that of random weights '
        f'({metric.show(base.mean)}): '
        f'{", ".join(below)}.'
    ]


def _is_random(line: Line, cells: dict[int, Cell]) -> bool:
    return line.row.method == 'random' and cells[id(line)].mean is not None


def _error(cell: Cell) -> float:
    """Binomial standard error of an accuracy in percent; 0 where no clips were counted."""
    clips = min(run.n_samples['test']['read'] for run in cell.runs)
    share = min(max((cell.mean or 0.0) / 100, 0.0), 1.0)
    return 100 * math.sqrt(share * (1 - share) / clips) if clips else 0.0
