"""Confusion matrices: which class the test videos of each class were taken for."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import fill, shorten

import numpy as np
from matplotlib.colors import PowerNorm
from matplotlib.figure import Figure
from numpy.typing import NDArray

from mlfo_mm.reporting.figures.curves import run_title
from mlfo_mm.reporting.figures.details import Answers, read_answers
from mlfo_mm.reporting.figures.style import MUTED, Plot, csv_bytes, file_stem, render
from mlfo_mm.study.names import DATASETS
from mlfo_mm.study.records import Record
from mlfo_mm.study.tasks import TASKS

CONFUSION = 'confusion'  # asked for by its name: a picture for each record
TASKS_SHOWN = tuple(t.key for t in TASKS.values() if 'mean_class' in {m.key for m in t.metrics})
NUMBERED = 30  # classes up to which counts stand in the cells
LETTERS = 26  # of a class's name
NAMED = 5  # confusions that the caption names


def confusion_plots(records: Sequence[Record], command: str) -> list[Plot]:
    """Build a matrix for each record of a classification; ``command`` makes such records."""
    asked = [r for r in records if r.task in TASKS_SHOWN and r.status == 'done']
    plots = [_plot(record) for record in asked if 'answers' in record.details]
    without = len(asked) - len(plots)
    missing = []
    if without:
        missing.append(
            f'{without} records hold no answers of each video: evaluate them again (tools/evaluate.py)'
        )
    if not asked:
        missing.append(f'no linear probe and no finetuning in the records; run one: {command}')
    if missing:
        plots.append(Plot(CONFUSION, 'Confusion matrices', '', missing=tuple(missing)))
    return plots


def counted(answers: Answers) -> NDArray[np.int64]:
    """Videos (C, C) by their class and by the class that they were taken for."""
    size = len(answers.classes)
    pairs = answers.labels * size + answers.predicted
    return np.bincount(pairs, minlength=size * size).reshape(size, size)


def _plot(record: Record) -> Plot:
    answers = read_answers(record)
    counts, names = counted(answers), answers.classes
    name = file_stem(CONFUSION, record.experiment)
    task, shown = TASKS[record.task].label, DATASETS.get(record.dataset, record.dataset)
    title = f'{task} on {shown}: {run_title(record)}'
    worst = [(counts[i, j], i, j) for i, j in zip(*np.nonzero(counts), strict=True) if i != j]
    worst.sort(key=lambda each: (-each[0], each[1:]))
    told = '; '.join(f'{names[i]} taken for {names[j]}: {n}' for n, i, j in worst[:NAMED])
    caption = (
        f'{title}. Each row is a class of {shown}, each column what its {counts.sum():,} test videos were '
        f'taken for, in percent of the row. Top-1 {record.metrics["top1"]:.1f} %. '
        + (f'Most frequent confusions: {told}.' if told else 'No video is confused.')
    )
    files = render(lambda: draw_matrix(counts, names, title), name)
    files['csv'] = _csv(counts, names)
    return Plot(name, title, caption, caption, files)


def draw_matrix(counts: NDArray[np.int64], names: Sequence[str], title: str) -> Figure:
    """Draw counts (C, C) as shares of their rows; as many as they are, the names can be read."""
    size = len(names)
    totals = counts.sum(1, keepdims=True)
    shares = np.divide(100.0 * counts, totals, out=np.full(counts.shape, np.nan), where=totals > 0)
    cell = float(np.clip(9 / size, 0.14, 0.6))  # inches
    font = float(np.clip(30 * cell, 5.5, 9))
    labels = [shorten(name.replace('_', ' '), LETTERS, placeholder='…') for name in names]
    margin = 0.6 + 0.011 * font * max(map(len, labels))
    figure = Figure(figsize=(size * cell + margin + 1.2, size * cell + margin + 0.6))
    axis = figure.add_subplot()
    faint = PowerNorm(0.5, vmin=0, vmax=100)  # a few videos of many are seen as well
    image = axis.imshow(shares, cmap='Blues', norm=faint, aspect='equal')
    axis.set_facecolor('#eeeeee')  # classes without a test video
    axis.grid(False)
    axis.tick_params(length=0)
    axis.spines[:].set_visible(False)
    axis.set_xticks(range(size), labels, rotation=90, fontsize=font)
    axis.set_yticks(range(size), labels, fontsize=font)
    axis.set_xlabel('taken for')
    axis.set_ylabel('class of the video')
    letters = int(11 * figure.get_figwidth())
    figure.suptitle(fill(title, letters), x=0.01, ha='left', weight='bold', fontsize=10)
    bar = figure.colorbar(
        image, ax=axis, fraction=0.05, shrink=min(1.0, 3 / (size * cell)), pad=0.02
    )
    bar.outline.set_visible(False)
    bar.set_label('% of the row', color=MUTED)
    if size > NUMBERED:
        axis.set_xticks(np.arange(-0.5, size, 5), minor=True)
        axis.set_yticks(np.arange(-0.5, size, 5), minor=True)
        axis.grid(which='minor', color=MUTED, linewidth=0.3, alpha=0.6)
        axis.tick_params(which='minor', length=0)
        return figure
    for row, column in zip(*np.nonzero(counts), strict=True):
        ink = 'white' if shares[row, column] > 35 else 'black'
        axis.text(
            column,
            row,
            str(counts[row, column]),
            ha='center',
            va='center',
            color=ink,
            fontsize=font,
        )
    return figure


def _csv(counts: NDArray[np.int64], names: Sequence[str]) -> bytes:
    rows = [
        (names[i], names[j], int(counts[i, j]), round(100.0 * counts[i, j] / counts[i].sum(), 2))
        for i, j in zip(*np.nonzero(counts), strict=True)
    ]
    return csv_bytes('class taken_for videos percent', rows)
