"""What pretraining did not teach: rows that are not above random weights, in a sentence."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from mlfo_mm.study.chance import SURE, standard_error
from mlfo_mm.study.names import DATASETS
from mlfo_mm.study.tasks import TASKS

if TYPE_CHECKING:
    from mlfo_mm.reporting.aggregate import Cell, Panel


def not_learned(panel: Panel, dataset: str) -> list[str]:
    """A sentence on the rows of a panel that are not above random weights on a data set.

    The first metric of the panel's block counts. Nothing is said where random weights were not
    measured.
    """
    task, metric = TASKS[panel.block.task], panel.block.metrics[0]
    if not task.frozen:
        return []
    measured = [
        (line, cell.mean, _error(cell))
        for line in panel.lines
        for cell in [line.cells[dataset, metric.key]]
        if cell.mean is not None
    ]
    bases = [(mean, error) for line, mean, error in measured if line.row.method == task.untrained]
    if not bases:
        return []
    base, base_error = bases[0]
    below = [
        f'{line.row.label} ({metric.show(mean)})'
        for line, mean, error in measured
        if line.key is not None
        and line.key.method != task.untrained
        and mean - base <= SURE * math.hypot(error, base_error)
    ]
    if not below:
        return []
    return [
        f'{DATASETS.get(dataset, dataset)}, {metric.label} not above that of random weights '
        f'({metric.show(base)}) by more than the error of the test set: {", ".join(below)}.'
    ]


def _error(cell: Cell) -> float:
    """Standard error of a measured cell in percent; 0 where no clips were counted."""
    clips = min(run.n_samples['test']['read'] for run in cell.runs)
    accuracy = min(max(cell.mean or 0.0, 0.0), 100.0)
    return standard_error(accuracy, clips) if clips else 0.0
