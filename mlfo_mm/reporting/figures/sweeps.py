"""Figure 3: accuracy over the number of prototypes K and over the share E of the first stage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, MaxNLocator, NullLocator
from matplotlib.transforms import ScaledTranslation

from mlfo_mm.reporting.aggregate import Cell, fill_block
from mlfo_mm.reporting.figures.style import (
    CELL_FIELDS,
    HEADING,
    INK,
    MUTED,
    PAPER,
    Plot,
    cell_fields,
    csv_bytes,
    legend_name,
    named_style,
    render,
)
from mlfo_mm.reporting.labels import dataset_name
from mlfo_mm.reporting.specs import Block
from mlfo_mm.study.experiments import SWEPT
from mlfo_mm.study.identity import DEFAULT, RunKey
from mlfo_mm.study.names import BACKBONES, DATASETS
from mlfo_mm.study.profiles import Profile
from mlfo_mm.study.records import Record
from mlfo_mm.study.tasks import TOP1

THIN = dict(marker='_', alpha=0.6)
TITLE = 'Figure 3: number of prototypes K and share E of the first stage'
PAPER_SAYS = (
    'The paper prints curves without numbers; it takes K = 1000 as its default, tries up to 4000, '
    'and finds E best at 10 to 20 % of the epochs.'
)


@dataclass(frozen=True)
class Sweep:
    """One axis; its variants are named by the setting of a record that they change."""

    key: str
    setting: str
    scale: float
    label: str


SWEEPS = (
    Sweep('K', 'prototypes', 1, 'K, number of prototypes (log scale)'),
    Sweep('E', 'first_stage', 100, 'E, first stage in % of the epochs'),
)


@dataclass(frozen=True)
class Curve:
    """The points of one sweep on one data set, as (value, variant, cell), by rising value."""

    sweep: Sweep
    dataset: str
    family: RunKey
    points: tuple[tuple[float, str, Cell], ...]


def sweep_plot(records: Sequence[Record], profile: Profile, command: str) -> Plot:
    """Build figure 3; ``command`` runs what it needs."""
    curves, notes = _curves(records, profile)
    missing = list(notes)
    for sweep in SWEEPS:
        if not any(curve.sweep is sweep for curve in curves):
            missing.append(f'no sweep over {sweep.key} in the records; run it: {command}')
    if not curves:
        return Plot('figure3', TITLE, PAPER_SAYS, missing=tuple(missing))
    shown = [sweep for sweep in SWEEPS if any(curve.sweep is sweep for curve in curves)]
    caption = (
        'MLFO, linear probe, top-1 accuracy in percent: mean over seeds with the 95 % Student t '
        'interval, short dashes for single seeds; a hollow mark is one seed without an interval. '
        'The vertical line marks the '
        f'value of the default run. {_chances(curves)}{PAPER_SAYS}'
    )
    files = render(lambda: _draw(shown, curves), 'figure3')
    files['csv'] = _csv(curves)
    return Plot('figure3', TITLE, caption, _alt(curves), files, tuple(missing))


def _curves(records: Sequence[Record], profile: Profile) -> tuple[list[Curve], list[str]]:
    """Return the curves of at least two points, and what is wrong with others."""
    ours = [record for record in records if record.method == 'mlfo']
    block = Block('sweep', 'linear_probe', (TOP1,))
    panel = fill_block(block, (), ours, profile)
    notes: list[str] = []
    points: dict[tuple[int, str, RunKey], list[tuple[float, str, Cell]]] = {}
    for line in panel.lines:
        for (dataset, _), cell in line.cells.items():
            if line.key is None or cell.status == 'not run':
                continue
            for index, sweep in enumerate(SWEEPS):
                variant = line.key.variant
                swept = SWEPT.fullmatch(variant)
                if variant != DEFAULT and not (swept and swept[1] == sweep.setting):
                    continue
                if cell.status == 'failed':
                    notes.append(f'{variant} on {dataset} failed: {cell.reason}')
                    continue
                value = cell.runs[0].settings.get(sweep.setting)
                if value is None:
                    notes.append(
                        f'{variant} on {dataset} is left out: its record does not say '
                        f'{sweep.setting}'
                    )
                    continue
                place = (index, dataset, line.key._replace(variant=''))
                points.setdefault(place, []).append((value * sweep.scale, variant, cell))
    curves = [
        Curve(SWEEPS[index], dataset, family, tuple(sorted(found, key=lambda point: point[:2])))
        for (index, dataset, family), found in points.items()
    ]
    order = {dataset: place for place, dataset in enumerate(panel.datasets)}
    curves = [curve for curve in curves if len({point[0] for point in curve.points}) > 1]
    curves.sort(key=lambda curve: (SWEEPS.index(curve.sweep), order[curve.dataset], curve.family))
    return curves, list(dict.fromkeys(notes))


def _names(curves: Sequence[Curve]) -> dict[tuple[str, RunKey], str]:
    """Return a label per line: the data set, and what else tells it from the others."""
    families = {curve.family for curve in curves}
    names = {}
    for curve in curves:
        parts = [DATASETS.get(curve.dataset, curve.dataset)]
        if len(families) > 1:
            backbone = BACKBONES.get(curve.family.backbone, curve.family.backbone)
            parts.append(f'{backbone} on {dataset_name(curve.family.pretrain)}')
        if curve.family.reference:
            parts.append('reference')
        names[curve.dataset, curve.family] = ', '.join(parts)
    return names


def _draw(sweeps: Sequence[Sweep], curves: Sequence[Curve]) -> Figure:
    figure = Figure(figsize=(4.6 * len(sweeps), 4.1))
    figure.suptitle(TITLE if len(sweeps) > 1 else f'Figure 3: over {sweeps[0].key}', **HEADING)
    axes = figure.subplots(1, len(sweeps), sharey=True, squeeze=False)[0]
    names = _names(curves)
    for axis, sweep in zip(axes, sweeps, strict=True):
        shown = [curve for curve in curves if curve.sweep is sweep]
        _ticks(axis, sweep, shown)
        for curve in shown:
            _draw_curve(axis, curve, list(names).index((curve.dataset, curve.family)), len(names))
        axis.set(title=f'Over {sweep.key}', xlabel=sweep.label)
    axes[0].set_ylabel('Linear probe, top-1 accuracy (%)')
    handles = [
        Line2D([], [], label=legend_name(name), markersize=5.5, **named_style(index))
        for index, name in enumerate(names.values())
    ]
    handles += _signs(curves)
    figure.legend(handles=handles, loc='outside lower center', ncols=min(4, len(handles)))
    return figure


def _signs(curves: Sequence[Curve]) -> list[Line2D]:
    """Explain the signs that occur."""
    cells = [cell for curve in curves for _, _, cell in curve.points]
    handles = []
    if any(cell.half_width is not None for cell in cells):
        mark = Line2D([], [], color=INK, marker='|', lw=1.2, label='95 % interval (Student t)')
        dash = Line2D([], [], color=INK, marker='_', ls='', alpha=0.6, label='one seed')
        handles += [mark, dash]
    if any(cell.half_width is None for cell in cells):
        name = 'one seed, no interval'
        mark = Line2D([], [], color=INK, marker='o', ls='', markerfacecolor=PAPER, label=name)
        handles.append(mark)
    return handles


def _draw_curve(axis: Axes, curve: Curve, index: int, count: int) -> None:
    """Draw one line; each stands a little aside, so that the intervals do not hide each other."""
    aside = ScaledTranslation((index - (count - 1) / 2) * 5 / 72, 0, axis.figure.dpi_scale_trans)
    style = named_style(index) | dict(transform=axis.transData + aside)
    values = [value for value, _, _ in curve.points]
    cells = [cell for _, _, cell in curve.points]
    axis.plot(values, [cell.mean or 0.0 for cell in cells], **style | dict(marker=''))
    ends: list[tuple[float, float]] = []
    for value, cell in zip(values, cells, strict=True):
        one = cell.half_width is None
        if cell.half_width is not None and cell.mean is not None:
            low, high = cell.mean - cell.half_width, cell.mean + cell.half_width
            ends += [(value, low), (value, high)]
            axis.plot([value, value], [low, high], **style | dict(marker='_', lw=1.2, ms=7))
            axis.plot([value] * len(cell.values), cell.values, ls='', ms=6, **style | THIN)
        face = PAPER if one else style['color']
        axis.plot([value], [cell.mean or 0.0], ms=5.5, markerfacecolor=face, **style)
        ends += [(value, each) for each in cell.values]
    # what stands aside is not seen by matplotlib's own choice of limits
    axis.update_datalim(ends)
    axis.autoscale_view()


def _ticks(axis: Axes, sweep: Sweep, curves: Sequence[Curve]) -> None:
    points = [point for curve in curves for point in curve.points]
    for value in sorted({value for value, variant, _ in points if variant == DEFAULT}):
        axis.axvline(value, color=MUTED, linewidth=1, linestyle=(0, (2, 2)), zorder=0)
        axis.annotate(
            'default',
            (value, 1),
            xycoords=('data', 'axes fraction'),
            xytext=(3, -2),
            textcoords='offset points',
            va='top',
            fontsize=7.5,
            color=MUTED,
        )
    if sweep.key == 'K':
        axis.set_xscale('log')
        axis.xaxis.set_minor_locator(NullLocator())
    values = sorted({value for value, _, _ in points})
    axis.set_xticks(values)
    axis.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f'{value:g}'))
    axis.yaxis.set_major_locator(MaxNLocator(6))


def _chances(curves: Sequence[Curve]) -> str:
    chances = {
        DATASETS.get(curve.dataset, curve.dataset): cell.chance
        for curve in curves
        for _, _, cell in curve.points
        if cell.chance is not None
    }
    if not chances:
        return ''
    return f'Chance: {", ".join(f"{name} {value:.1f}" for name, value in chances.items())}. '


def _alt(curves: Sequence[Curve]) -> str:
    names, sentences = _names(curves), []
    for curve in curves:
        best = max(curve.points, key=lambda point: point[2].mean or 0.0)
        means = ', '.join(f'{cell.mean:.1f} at {value:g}' for value, _, cell in curve.points)
        name = names[curve.dataset, curve.family]
        sentences.append(f'{name} over {curve.sweep.key}: {means}; highest at {best[0]:g}.')
    return ' '.join(sentences)


def _csv(curves: Sequence[Curve]) -> bytes:
    rows = []
    for curve in curves:
        identity = (curve.family.backbone, curve.family.pretrain, curve.dataset, TOP1.key)
        for value, variant, cell in curve.points:
            rows.append((curve.sweep.key, value, variant, *identity, *cell_fields(cell)))
    header = f'sweep value variant backbone pretrain dataset metric {CELL_FIELDS}'
    return csv_bytes(header, rows)
