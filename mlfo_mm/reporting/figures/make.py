"""Build the figures of a profile and write them to ``results/figures/<profile>``."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Sequence
from pathlib import Path

from mlfo_mm.errors import UserError
from mlfo_mm.files import write_atomic
from mlfo_mm.reporting.aggregate import fill_block
from mlfo_mm.reporting.figures.activation import activation_plots
from mlfo_mm.reporting.figures.bars import bar_plot
from mlfo_mm.reporting.figures.confusion import CONFUSION, confusion_plots
from mlfo_mm.reporting.figures.curves import curve_plots
from mlfo_mm.reporting.figures.neighbour_strips import neighbour_plots
from mlfo_mm.reporting.figures.own_sweeps import own_sweep_plots
from mlfo_mm.reporting.figures.padding import padding_plots
from mlfo_mm.reporting.figures.style import Plot
from mlfo_mm.reporting.figures.sweeps import sweep_plot
from mlfo_mm.reporting.one_data import of_one_data
from mlfo_mm.reporting.paper import load_paper, paper_file
from mlfo_mm.reporting.specs import FIGURES, TABLES
from mlfo_mm.study.profiles import Profile, find_profile
from mlfo_mm.study.records import Record, load_records, require_folder
from mlfo_mm.study.tasks import PADDING, SWEEP

SUFFIXES = ('svg', 'png', 'pdf', 'csv')
NEEDS = dict(neighbours='figure4', order='figure5')  # of the table of diagnostics


def find_figure(name: str) -> str:
    """Return a figure's name: ``3`` or ``figure3``."""
    key = name.removeprefix('figure')
    known = (*FIGURES, CONFUSION)
    if key not in known:
        near = difflib.get_close_matches(key, known, n=1)
        meant = f' (did you mean {near[0]!r}?)' if near else ''
        raise UserError(f'unknown figure {name!r}{meant}: there are {", ".join(known)}')
    return key


def build_figures(
    records: Sequence[Record],
    profile: Profile,
    results_dir: str | Path,
    names: Sequence[str] = FIGURES,
) -> dict[str, list[Plot]]:
    """Build figures from the records of one profile, by name; nothing is written."""
    records, _ = of_one_data(records)

    def run(what: str) -> str:
        return f'python tools/benchmark.py run --profile {profile.name} --tables {what}'

    builders: dict[str, Callable[[], list[Plot]]] = {
        '3': lambda: [sweep_plot(records, profile, run('figure3'))],
        '4': lambda: neighbour_plots(records, profile, run('figure4')),
        '5': lambda: activation_plots(records, profile, run('figure5')),
        PADDING: lambda: padding_plots(records, profile, run(PADDING)),
        'bars': lambda: _bars(records, profile, results_dir, run),
        'curves': lambda: curve_plots(records, run('table1')),
        SWEEP: lambda: own_sweep_plots(records, profile),
        CONFUSION: lambda: confusion_plots(records, run('table1')),
    }
    return {name: builders[name]() for name in map(find_figure, names)}


def make_figures(
    profile: str,
    results_dir: str | Path = 'results',
    names: Sequence[str] = FIGURES,
    with_reference: bool = False,
) -> dict[str, list[Plot]]:
    """Write ``<results_dir>/figures/<profile>/*`` and return the figures by name.

    ``with_reference`` adds the shipped records, marked as such.

    Files of an earlier call that the records no longer give are removed.
    """
    require_folder(results_dir)
    chosen = find_profile(profile)
    keys = [find_figure(name) for name in names]
    records = load_records(results_dir, chosen.name, with_reference)
    built = build_figures(records, chosen, results_dir, keys)
    folder = figure_folder(chosen.name, results_dir)
    for key, plots in built.items():
        written = set()
        for plot in plots:
            for suffix, data in plot.files.items():
                written.add(write_atomic(folder / f'{plot.name}.{suffix}', data))
        for path in _earlier(folder, key):
            if path not in written:
                path.unlink()
    return built


def figure_folder(profile: str, results_dir: str | Path) -> Path:
    """Where the figures of a profile lie."""
    return Path(results_dir) / 'figures' / profile


def _earlier(folder: Path, key: str) -> list[Path]:
    stems = {
        'bars': [f'{name}_*' for name in TABLES],
        'curves': ['curves_*'],
        CONFUSION: [f'{CONFUSION}_*'],
        PADDING: [PADDING],
        SWEEP: [f'{SWEEP}_*'],
    }
    patterns = stems.get(key, [f'figure{key}', f'figure{key}_*'])
    return [
        path
        for pattern in patterns
        for suffix in SUFFIXES
        for path in sorted(folder.glob(f'{pattern}.{suffix}'))
    ]


def _bars(
    records: Sequence[Record],
    profile: Profile,
    results_dir: str | Path,
    run: Callable[[str], str],
) -> list[Plot]:
    plots = []
    for spec in TABLES.values():
        quoted = load_paper(paper_file(spec.name, results_dir)) if spec.quoted else []
        tasks: set[str] = set()
        for block in spec.blocks:
            if block.task not in tasks:  # of several blocks on one task the first is the paper's
                tasks.add(block.task)
                panel = fill_block(block, [*spec.baselines, *quoted], records, profile)
                needed = NEEDS[block.task] if spec.name == 'diagnostics' else spec.name
                plots.append(bar_plot(spec, panel, profile, run(needed)))
    return plots
