"""Which record a picture is made of: one run stands for its seeds."""

from __future__ import annotations

from collections.abc import Sequence

from mlfo_mm.reporting.aggregate import Cell, fill_block
from mlfo_mm.reporting.specs import Block
from mlfo_mm.study.profiles import Profile
from mlfo_mm.study.records import Record
from mlfo_mm.study.tasks import TASKS


def chosen_cells(
    records: Sequence[Record], profile: Profile, task: str, metric: str, variants: Sequence[str]
) -> dict[str, dict[str, Cell]]:
    """Return MLFO's measured cells by data set and variant, the declared data sets first.

    Of several backbones or pretraining sets the profile's own pretraining set comes first, then
    the first by name, runs of one's own before the shipped ones: one picture compares variants and
    nothing else.
    """
    ours = [record for record in records if record.method == 'mlfo' and record.task == task]
    panel = fill_block(Block(task, task, (TASKS[task].metric(metric),)), (), ours, profile)
    found: dict[str, dict[str, Cell]] = {}
    for dataset in panel.datasets:
        cells = [
            (line.key, line.cells[dataset, metric])
            for line in panel.lines
            if line.key and line.key.variant in variants and line.cells[dataset, metric].runs
        ]
        cells.sort(
            key=lambda each: (each[0].reference, each[0].pretrain != profile.pretrain, each[0])
        )
        for key, cell in cells:
            if key._replace(variant='') == cells[0][0]._replace(variant=''):
                found.setdefault(dataset, {})[key.variant] = cell
    return found


def chosen_records(
    records: Sequence[Record], profile: Profile, task: str, variants: Sequence[str]
) -> dict[str, dict[str, Record]]:
    """Return the run of the lowest seed of each cell of :func:`chosen_cells`."""
    metric = TASKS[task].metrics[0].key
    cells = chosen_cells(records, profile, task, metric, variants)
    return {
        dataset: {variant: cell.runs[0] for variant, cell in by_variant.items()}
        for dataset, by_variant in cells.items()
    }
