"""A user's sweeps: each task's first metric over the values of a config key."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import NullLocator

from mlfo_mm.reporting.aggregate import Cell, fill_block
from mlfo_mm.reporting.figures.style import (
    CELL_FIELDS,
    HEADING,
    MUTED,
    Plot,
    cell_fields,
    csv_bytes,
    file_stem,
    legend_name,
    named_style,
    render,
)
from mlfo_mm.reporting.own_sweeps import NUMBER, Point, Sweep, find_sweeps, sweep_table, who
from mlfo_mm.reporting.specs import Block, Row
from mlfo_mm.study.names import BACKBONES, DATASETS
from mlfo_mm.study.profiles import Profile
from mlfo_mm.study.records import Record
from mlfo_mm.study.tasks import SWEEP

WIDE = 30  # ratio of values beyond which their axis is logarithmic
CAPTION = (
    'Mean over seeds with the 95 % Student t interval. The vertical line marks the value of the '
    'recipe, where it was run.'
)


@dataclass(frozen=True)
class Curve:
    """A sweep's points on one data set by one block's first metric; those without a number left out."""

    block: Block
    dataset: str
    sweep: Sweep
    points: tuple[tuple[Point, Cell], ...]

    @property
    def name(self) -> str:
        """Its label."""
        family = self.sweep.family
        backbone = BACKBONES.get(family.backbone, family.backbone)
        method = Row(family.method, family.backbone, family.pretrain).label
        return f'{method}, {backbone}, on {DATASETS.get(self.dataset, self.dataset)}'


def own_sweep_plots(records: Sequence[Record], profile: Profile) -> list[Plot]:
    """Build a figure for each key that was swept over; none where none was."""
    sweeps = find_sweeps(records)
    spec = sweep_table(sweeps, records)
    panels = [fill_block(block, spec.baselines, records, profile) for block in spec.blocks]
    plots = []
    for key in dict.fromkeys(sweep.key for sweep in sweeps):
        curves = []
        for panel in panels:
            cells = {who(line.row): line.cells for line in panel.lines}
            for sweep in (each for each in sweeps if each.key == key):
                for dataset in panel.datasets:
                    place = (dataset, panel.block.metrics[0].key)
                    found = [(p, cells[who(p.row)][place]) for p in sweep.points]
                    points = tuple((p, cell) for p, cell in found if cell.mean is not None)
                    if points:
                        curves.append(Curve(panel.block, dataset, sweep, points))
        plots.append(_plot(key, curves))
    return plots


def _plot(key: str, curves: Sequence[Curve]) -> Plot:
    name, title = file_stem(SWEEP, key), f'Sweep over {key}'
    if not curves:
        return Plot(name, title, '', missing=(f'{title}: no run ended with a number',))
    files = render(lambda: _draw(key, curves), name)
    files['csv'] = _csv(key, curves)
    alt = ' '.join(
        f'{curve.name}, {curve.block.title}: '
        + ', '.join(f'{cell.mean:.1f} at {_word(point.value)}' for point, cell in curve.points)
        + '.'
        for curve in curves
    )
    return Plot(name, title, CAPTION, alt, files)


def _draw(key: str, curves: Sequence[Curve]) -> Figure:
    blocks = list(dict.fromkeys(curve.block.task for curve in curves))
    names = list(dict.fromkeys(curve.name for curve in curves))
    figure = Figure(figsize=(4.6 * len(blocks), 4.0))
    figure.suptitle(f'Sweep over {key}', **HEADING)
    axes = figure.subplots(1, len(blocks), squeeze=False)[0]
    points = sorted({p.place: p for c in curves for p, _ in c.points}.items())
    values = [point.value for _, point in points]
    numbers = all(isinstance(value, NUMBER) for value in values)
    places = {value: float(value) if numbers else place for place, value in enumerate(values)}
    for axis, task in zip(axes, blocks, strict=True):
        shown = [curve for curve in curves if curve.block.task == task]
        for curve in shown:
            _draw_curve(axis, curve, places, named_style(names.index(curve.name)))
        for own in {places[p.value] for c in shown for p, _ in c.points if p.own}:
            axis.axvline(own, color=MUTED, linewidth=1, linestyle=(0, (2, 2)), zorder=0)
        if (
            numbers
            and min(places.values()) > 0
            and max(places.values()) > WIDE * min(places.values())
        ):
            axis.set_xscale('log')
            axis.xaxis.set_minor_locator(NullLocator())
        axis.set_xticks(list(places.values()), [_word(value) for value in values])
        axis.set(title=shown[0].block.title, xlabel=key, ylabel=f'{_metric(shown[0])} (%)')
    handles = [
        Line2D([], [], label=legend_name(name), **named_style(index))
        for index, name in enumerate(names)
    ]
    figure.legend(handles=handles, loc='outside lower center', ncols=min(2, len(handles)))
    return figure


def _draw_curve(
    axis: Axes, curve: Curve, places: dict[float | str, float], style: dict[str, Any]
) -> None:
    across = [places[point.value] for point, _ in curve.points]
    means = [cell.mean or 0.0 for _, cell in curve.points]
    widths = [math.nan if c.half_width is None else c.half_width for _, c in curve.points]
    axis.errorbar(across, means, yerr=widths, capsize=3, elinewidth=1.2, markersize=5.5, **style)


def _word(value: float | str) -> str:
    return f'{value:g}' if isinstance(value, NUMBER) else str(value)


def _metric(curve: Curve) -> str:
    return curve.block.metrics[0].full


def _csv(key: str, curves: Sequence[Curve]) -> bytes:
    rows = []
    for curve in curves:
        family = curve.sweep.family
        about = (family.method, family.backbone, family.pretrain, curve.dataset)
        measured = (curve.block.task, curve.block.metrics[0].key)
        for point, cell in curve.points:
            value = (key, _word(point.value), point.row.variant)
            rows.append((*value, *about, *measured, *cell_fields(cell)))
    header = f'key setting variant method backbone pretrain dataset task metric {CELL_FIELDS}'
    return csv_bytes(header, rows)
