"""Accuracy of the temporal terms over training, by what a clip is padded with in time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from mlfo_mm.reporting.figures.curves import CHANCE, LEVEL_LINES
from mlfo_mm.reporting.figures.style import (
    BLUE,
    GREEN,
    HEADING,
    INK,
    MUTED,
    ORANGE,
    Plot,
    csv_bytes,
    render,
)
from mlfo_mm.reporting.padding import LEVELS, TERMS, padded_runs
from mlfo_mm.reporting.specs import Row
from mlfo_mm.study.profiles import Profile
from mlfo_mm.study.records import Record
from mlfo_mm.study.tasks import PADDING

TITLE = 'Padding in time: what the temporal terms are solved by'
COLOURS = dict(zeros=BLUE, replicate=ORANGE, circular=GREEN)
CAPTION = (
    'Mean over seeds of each epoch, lightly shaded from the lowest seed to the highest; thin dotted '
    'lines are chance. Zeros, as published, mark the ends of a clip.'
)


@dataclass(frozen=True)
class Line:
    """A term on a level under one padding: per epoch the mean over seeds, lowest and highest."""

    form: str
    padding: str
    term: str
    level: str
    epochs: tuple[float, ...]
    values: tuple[tuple[float, ...], ...]  # a tuple of seeds for each epoch
    chance: float | None

    @property
    def means(self) -> list[float]:
        """Mean over seeds."""
        return [float(np.mean(each)) for each in self.values]


def padding_plots(records: Sequence[Record], profile: Profile, command: str) -> list[Plot]:
    """Build the figure; ``command`` runs what it needs."""
    runs = padded_runs(records, profile)
    missing = tuple(f'{row.label}: no run; run it: {command}' for row, found in runs if not found)
    lines = [line for row, found in runs for line in _lines(row, found)]
    if not lines:
        return [Plot(PADDING, TITLE, '', missing=missing)]
    files = render(lambda: _draw(lines), PADDING)
    files['csv'] = _csv(lines)
    alt = ' '.join(
        f'{line.form}, {line.padding}: {line.term} {line.level} from {line.means[0]:.0f} '
        f'to {line.means[-1]:.0f}.'
        for line in lines
    )
    shipped = [row.label for row, found in runs if found and row.reference]
    caption = f'{CAPTION} Shipped runs: {"; ".join(shipped)}.' if shipped else CAPTION
    return [Plot(PADDING, TITLE, caption, alt, files, missing)]


def _lines(row: Row, runs: Sequence[Record]) -> list[Line]:
    form, padding = row.name.split(', ')
    found = []
    for term in TERMS:
        for level in LEVELS:
            name, by_epoch = f'{term}_{level}', dict[float, list[float]]()
            for run in runs:
                logged = run.curves.get(f'acc_{name}', [])  # a run may lack the term
                for epoch, value in zip(run.curves.get('epoch', []), logged, strict=False):
                    if epoch is not None and value is not None:
                        by_epoch.setdefault(epoch, []).append(100 * value)
            if by_epoch:
                epochs = tuple(sorted(by_epoch))
                values = tuple(tuple(by_epoch[epoch]) for epoch in epochs)
                chance = _chance(runs[0], f'loss_{name}')
                found.append(Line(form, padding, term, level, epochs, values, chance))
    return found


def _chance(run: Record, name: str) -> float | None:
    """Percentage that guessing one of a term's candidates reaches; None where it is not recorded."""
    references = (run.train_log or {}).get('references')
    known = references.get(name) if isinstance(references, dict) else None
    candidates = known.get('candidates') if isinstance(known, dict) else None
    return 100 / candidates if isinstance(candidates, int) and candidates > 0 else None


def _draw(lines: Sequence[Line]) -> Figure:
    forms = list(dict.fromkeys(line.form for line in lines))
    terms = [term for term in TERMS if any(line.term == term for line in lines)]
    figure = Figure(figsize=(4.2 * len(terms), 2.7 * len(forms) + 0.9))
    figure.suptitle(TITLE, **HEADING)
    axes = figure.subplots(len(forms), len(terms), squeeze=False, sharex=True)
    for form, row in zip(forms, axes, strict=True):
        for term, axis in zip(terms, row, strict=True):
            shown = [line for line in lines if (line.form, line.term) == (form, term)]
            _draw_panel(axis, f'{term.capitalize()}, {form} form', shown)
    levels = [level for level in LEVELS if any(line.level == level for line in lines)]
    used = [padding for padding in COLOURS if any(line.padding == padding for line in lines)]
    handles = [Line2D([], [], color=COLOURS[padding], label=padding) for padding in used]
    handles += [
        Line2D([], [], color=INK, linestyle=LEVEL_LINES[level], label=f'{level} level')
        for level in levels
    ]
    if any(line.chance is not None for line in lines):
        handles.append(Line2D([], [], color=MUTED, lw=0.8, ls=CHANCE, label='chance'))
    figure.legend(handles=handles, loc='outside lower center', ncols=len(handles))
    return figure


def _draw_panel(axis: Axes, title: str, lines: Sequence[Line]) -> None:
    for line in lines:
        colour, style = COLOURS[line.padding], LEVEL_LINES[line.level]
        axis.plot(line.epochs, line.means, color=colour, linestyle=style, linewidth=1.6)
        lowest, highest = (list(map(pick, line.values)) for pick in (min, max))
        axis.fill_between(line.epochs, lowest, highest, color=colour, alpha=0.12, linewidth=0)
    for chance in sorted({line.chance for line in lines if line.chance is not None}):
        axis.axhline(chance, color=MUTED, linewidth=0.8, linestyle=CHANCE)
    axis.set_title(title, fontsize=9)
    axis.set(xlabel='Epoch', ylabel='Accuracy of the term (%)', ylim=(-3, 103))
    axis.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    axis.tick_params(labelbottom=True)


def _csv(lines: Sequence[Line]) -> bytes:
    rows = []
    for line in lines:
        for epoch, values in zip(line.epochs, line.values, strict=True):
            place = (line.form, line.padding, line.term, line.level, epoch)
            rows.append((*place, float(np.mean(values)), len(values), line.chance))
    return csv_bytes('form padding term level epoch accuracy n chance', rows)
