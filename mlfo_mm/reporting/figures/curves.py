"""Learning curves of a pretraining run, from the ``curves`` of its record."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from mlfo_mm.reporting.figures.style import (
    BLUE,
    GREEN,
    GREY,
    HEADING,
    INK,
    MUTED,
    ORANGE,
    PURPLE,
    RED,
    SKY,
    Plot,
    render,
)
from mlfo_mm.reporting.pretrainings import list_of
from mlfo_mm.reporting.specs import Row
from mlfo_mm.study.identity import run_key
from mlfo_mm.study.names import BACKBONES, DATASETS
from mlfo_mm.study.records import Record
from mlfo_mm.study.tasks import PRETRAIN

LEVEL_LINES: dict[str, Any] = {
    'low': (0, (1, 1.2)),
    'mid': (0, (4, 1.6)),
    'high': 'solid',
    '': 'solid',
}
TERM_COLOURS = dict(
    instance=BLUE,
    motion=ORANGE,
    retrieval=GREEN,
    graph=RED,
    semantic=PURPLE,
    contrast=GREY,
    ctm=SKY,
)
CHANCE, JOINS = (0, (1, 2)), (0, (5, 2, 1, 2))  # lines: a loss by chance, an epoch of joining
PANELS = (
    ('Loss, total', r'loss()'),
    ('Loss terms, as weighted', r'loss_(\w+)'),
    ('Accuracy of the pretext tasks (%)', r'acc_(\w+)'),
    ('Edges per clip of the graph', r'stat_edges_?(\w*)'),
    ('Prototypes in use', r'stat_prototypes_used()'),
    ('Deviation of embeddings', r'stat_std_?(\w*)'),
    ('Other monitors', r'stat_(\w+)'),
)


@dataclass(frozen=True)
class Series:
    """One logged term: its epochs and values, what it measures and on which level.

    ``chance`` is the loss of a network that has learned nothing, where it is recorded.
    """

    term: str
    level: str
    epochs: tuple[float, ...]
    values: tuple[float, ...]
    chance: float | None = None


def curve_plots(records: Sequence[Record], command: str) -> list[Plot]:
    """Build the learning curves, one figure per pretraining run; ``command`` makes runs."""
    runs = [record for record in records if record.task == PRETRAIN]
    if not runs:
        missing = f'no pretraining run in the records; run one: {command}'
        return [Plot('curves', 'Learning curves', '', missing=(missing,))]
    return [_plot(run) for run in runs]


def run_title(record: Record) -> str:
    """Name a run in words."""
    label = Row.of(run_key(record)).label
    backbone = BACKBONES.get(record.backbone, record.backbone)
    dataset = DATASETS.get(record.pretrain_dataset, record.pretrain_dataset)
    return f'{label}, {backbone}, on {dataset}, seed {record.seed}'


def _plot(record: Record) -> Plot:
    own = '' if not record.reference else 'reference_'
    name, title = f'curves_{own}{record.experiment}', run_title(record)
    if record.status == 'failed':
        reason = ' '.join(record.reason.split())
        return Plot(name, title, '', missing=(f'{title}: failed: {reason}',))
    panels = group_series(record)
    if not panels:
        return Plot(name, title, '', missing=(f'{title}: its record holds no curves',))
    epochs = len(record.curves['epoch'])
    caption = f'Means over each of {epochs} epochs.'
    joins = [_joined(epoch, terms) for epoch, terms in joining(panels).items()]
    caption += f' Terms join at the upright lines, {"; ".join(joins)}.' if joins else ''
    lines = [str(state.get('line', '')) for state in list_of(record, 'states')]
    if lines:
        caption += f' Dotted: the loss of a term by chance. {"; ".join(lines)}.'
    alt = ' '.join(
        f'{head}: '
        + ', '.join(f'{_name(s)} from {s.values[0]:.3g} to {s.values[-1]:.3g}' for s in found)
        + '.'
        for head, found in panels.items()
    )
    return Plot(name, title, caption, alt, render(lambda: _draw(title, panels), name))


def group_series(record: Record) -> dict[str, list[Series]]:
    """Return the logged terms by panel, in the order of ``PANELS``; empty terms are left out."""
    panels: dict[str, list[Series]] = {}
    epochs = record.curves.get('epoch', [])
    taken: set[str] = set()
    for head, pattern in PANELS:
        for key, values in record.curves.items():
            match = re.fullmatch(pattern, key)
            if not match or key in taken:
                continue
            taken.add(key)
            term, level = _split(match[1])
            scale = 100 if key.startswith('acc_') and _is_share(values) else 1
            pairs = [
                (epoch, value * scale)
                for epoch, value in zip(epochs, values, strict=True)
                if epoch is not None and value is not None and math.isfinite(value)
            ]
            if pairs:
                shown, found = zip(*pairs, strict=True)
                chance = loss_by_chance(record, key)
                panels.setdefault(head, []).append(Series(term, level, shown, found, chance))
    return panels


def joining(panels: dict[str, list[Series]]) -> dict[float, list[str]]:
    """Return the terms that join after the first epoch, by the epoch that has their first loss."""
    losses = panels.get('Loss terms, as weighted', [])
    first = min((one.epochs[0] for found in panels.values() for one in found), default=0.0)
    joins: dict[float, dict[str, None]] = {}
    for one in losses:
        if one.epochs[0] > first:
            joins.setdefault(one.epochs[0], {})[one.term.replace('_', ' ')] = None
    return {epoch: list(joins[epoch]) for epoch in sorted(joins)}


def _joined(epoch: float, terms: Sequence[str]) -> str:
    return f'from epoch {epoch:g}: {", ".join(terms)}'


def loss_by_chance(record: Record, name: str) -> float | None:
    """Return what a term's loss is where nothing is learned; None where it is not recorded."""
    references = (record.train_log or {}).get('references')
    known = references.get(name) if isinstance(references, dict) else None
    chance = known.get('chance') if isinstance(known, dict) else None
    return float(chance) if isinstance(chance, int | float) else None


def _is_share(values: Sequence[float | None]) -> bool:
    return all(value is None or value <= 1 for value in values)


def _split(term: str) -> tuple[str, str]:
    words = term.split('_')
    if words[-1] in ('low', 'mid', 'high'):
        return '_'.join(words[:-1]), words[-1]
    return term, ''


def _name(series: Series) -> str:
    return ' '.join(filter(None, (series.term.replace('_', ' '), series.level))) or 'value'


def _draw(title: str, panels: dict[str, list[Series]]) -> Figure:
    columns = min(3, len(panels))
    rows = -(-len(panels) // columns)
    figure = Figure(figsize=(3.5 * columns, 2.3 * rows + 0.8))
    figure.suptitle(title, **HEADING)
    axes = figure.subplots(rows, columns, squeeze=False, sharex=True).ravel()
    colours, joins = _colours(panels), joining(panels)
    for axis, (head, found) in zip(axes, panels.items(), strict=False):
        _draw_panel(axis, head, found, colours)
        for epoch in joins:
            axis.axvline(epoch, color=INK, linewidth=1.1, linestyle=JOINS, alpha=0.7)
    for axis in axes[len(panels) :]:
        axis.remove()
    epochs = [epoch for found in panels.values() for one in found for epoch in one.epochs]
    if len(set(epochs)) > 1:
        axes[0].set_xlim(min(epochs), max(epochs))
    levels = [name for name in ('low', 'mid', 'high') if _has_level(panels, name)]
    handles = [
        Line2D([], [], color=colour, label=term.replace('_', ' '))
        for term, colour in colours.items()
    ]
    handles += [
        Line2D([], [], color=INK, linestyle=LEVEL_LINES[name], label=f'{name} level')
        for name in levels
    ]
    handles += [
        Line2D([], [], color=INK, lw=1.1, ls=JOINS, alpha=0.7, label=_joined(epoch, terms))
        for epoch, terms in joins.items()
    ]
    if any(one.chance is not None for found in panels.values() for one in found):
        handles.append(Line2D([], [], color=MUTED, lw=0.8, ls=CHANCE, label='loss by chance'))
    if handles:
        lines = -(-len(handles) // (2 * columns + 2))
        columns = -(-len(handles) // lines)
        figure.legend(handles=handles, loc='outside lower center', ncols=columns)
    return figure


def _draw_panel(axis: Axes, head: str, found: Sequence[Series], colours: dict[str, str]) -> None:
    for series in found:
        axis.plot(
            series.epochs,
            series.values,
            color=colours.get(series.term, INK),
            linestyle=LEVEL_LINES[series.level],
            marker='o' if len(series.epochs) < 3 else '',
            markersize=3.5,
            linewidth=1.6,
        )
        if series.chance is not None:
            colour = colours.get(series.term, INK)
            axis.axhline(series.chance, color=colour, linewidth=0.8, linestyle=CHANCE)
    axis.set_title(head, fontsize=9)
    axis.set_xlabel('Epoch', fontsize=8)
    axis.margins(x=0.02)
    axis.tick_params(labelsize=8, labelbottom=True)
    axis.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    axis.yaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]))
    if min(min(series.values) for series in found) >= 0:
        axis.set_ylim(bottom=0)


def _colours(panels: dict[str, list[Series]]) -> dict[str, str]:
    """Return the colour of each named term; unknown ones are grey, the unnamed is ink."""
    terms = {series.term for found in panels.values() for series in found if series.term}
    known = [term for term in TERM_COLOURS if term in terms]
    others = sorted(terms - set(known))
    return {term: TERM_COLOURS[term] for term in known} | dict.fromkeys(others, GREY)


def _has_level(panels: dict[str, list[Series]], level: str) -> bool:
    return any(series.level == level for found in panels.values() for series in found)
