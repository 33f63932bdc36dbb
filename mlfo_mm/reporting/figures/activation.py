"""Figure 5: where the forward-or-reversed classifier looks, by the way temporal terms are trained."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import matplotlib as mpl
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from mlfo_mm.reporting.aggregate import Cell
from mlfo_mm.reporting.figures.choose import chosen_cells
from mlfo_mm.reporting.figures.details import Activation, read_activations
from mlfo_mm.reporting.figures.frames import NotHere, Tile, not_at_hand, spread, tiles
from mlfo_mm.reporting.figures.strips import FINE, FRAMES, SIZE, Strip, StripRow, draw_rows
from mlfo_mm.reporting.figures.style import (
    CELL_FIELDS,
    PHOTOS,
    Plot,
    cell_fields,
    csv_bytes,
    file_stem,
    render,
)
from mlfo_mm.study.names import DATASETS
from mlfo_mm.study.profiles import Profile
from mlfo_mm.study.records import Record

TITLE = 'Figure 5: what the order of frames is told by'
VARIANTS = dict(default='NTM', ctm='CTM', no_temporal='no temporal terms')
CLIPS = 6  # three videos, forward and reversed
COLOURS = 'inferno'


def activation_plots(records: Sequence[Record], profile: Profile, command: str) -> list[Plot]:
    """Build figure 5, one per data set; ``command`` runs what it needs."""
    cells = chosen_cells(records, profile, 'order', 'accuracy', tuple(VARIANTS))
    if cells:
        return [_plot(found, dataset, command) for dataset, found in cells.items()]
    missing = f'no forward-or-reversed classifier in the records; run it: {command}'
    return [Plot('figure5', TITLE, '', missing=(missing,))]


def overlay(frame: Tile, heat: NDArray[np.float64]) -> Tile:
    """Lay a map (h, w) of 0 to 1 over a frame; what is cold stays visible in grey."""
    size = frame.shape[0]
    fine = Image.fromarray(heat.astype(np.float32)).resize((size, size), Image.Resampling.BILINEAR)
    strength = np.asarray(fine)[..., None]
    colour = mpl.colormaps[COLOURS](strength[..., 0])[..., :3] * 255
    grey = frame.mean(-1, keepdims=True)
    share = 0.1 + 0.5 * strength
    mixed = (1 - share) * np.repeat(grey, 3, -1) + share * colour
    return np.clip(mixed.round(), 0, 255).astype(np.uint8)


def heat_maps(cam: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    """Scale a map (T', h, w) to 0 to 1 over the whole clip; one step per frame shown."""
    low, high = float(cam.min()), float(cam.max())
    scaled = (cam - low) / (high - low) if high > low else np.zeros_like(cam)
    steps = [min(len(cam) - 1, place * len(cam) // count) for place in range(count)]
    return scaled[steps]


def _plot(cells: dict[str, Cell], dataset: str, command: str) -> Plot:
    name, shown = file_stem('figure5', dataset), DATASETS.get(dataset, dataset)
    records = {variant: cells[variant].runs[0] for variant in VARIANTS if variant in cells}
    missing = [
        f'no order classifier on MLFO with {VARIANTS[variant]}; run it: {command}'
        for variant in VARIANTS
        if variant not in records
    ]
    found = {variant: read_activations(record) for variant, record in records.items()}
    title = f'{TITLE}, {shown}'
    shown_clips = next((clips for clips in found.values() if clips), [])[:CLIPS]
    if not shown_clips:
        missing.append(f'the records on {dataset} hold no activation maps')
        return Plot(name, title, '', missing=tuple(missing))
    heads = ['Clip'] + [f'{VARIANTS[v]}: {_accuracy(cells[v])}' for v in records]
    if absence := not_at_hand(dataset):
        numbers = dict(csv=_csv(cells, records))
        return Plot(name, title, '', files=numbers, missing=(*missing, absence))
    rows, absent = _rows(shown_clips, found)
    caption = (
        f'Test clips of {shown}, and the class activation maps of a linear forward-or-reversed '
        'classifier on frozen high-level features (bright: speaks for the order that was shown; '
        'scaled per clip and model). NTM: temporal terms of the paper; CTM: shuffled and reversed '
        'input clips as negatives. Above each column its accuracy in '
        f'telling the order (chance is 50 %, † is not above it). Maps of seed {", ".join(_seeds(records))}.'
    )
    scale = (COLOURS, 'speaks for the order shown: little to much')
    files = render(lambda: draw_rows(heads, rows, title=title, scale=scale), name, PHOTOS)
    files['csv'] = _csv(cells, records)
    return Plot(name, title, caption, _alt(cells, records, shown), files, tuple(missing + absent))


def _seeds(records: dict[str, Record]) -> list[str]:
    return sorted({str(record.seed) for record in records.values()})


def _accuracy(cell: Cell) -> str:
    interval = '' if cell.half_width is None else f' ± {cell.half_width:.1f}'
    mark = ' †' if cell.suspect else ''
    return f'{cell.mean:.1f}{interval} %{mark} (n={len(cell.values)})'


def _rows(
    clips: Sequence[Activation], found: dict[str, list[Activation]]
) -> tuple[list[StripRow], list[str]]:
    rows: list[StripRow] = []
    absent: dict[str, None] = {}
    for clip in clips:
        places = spread(clip.clip.frames, FRAMES)
        try:
            frames: tuple[Tile, ...] | NotHere = tiles(clip.clip, places, FINE * SIZE)
        except NotHere as reason:
            frames = reason
            absent[f'{clip.clip.video}: {reason}'] = None
        strips = [Strip(f'{clip.clip.label}, {_order(clip.reversed)}', frames)]
        for activations in found.values():
            same = next((each for each in activations if _same(each, clip)), None)
            strips.append(_map_strip(same, frames, len(places)))
        rows.append(StripRow('', tuple(strips), begins=True))
    return rows, list(absent)


def _same(one: Activation, other: Activation) -> bool:
    return replace(one.clip, similarity=None) == replace(other.clip, similarity=None) and (
        one.reversed == other.reversed
    )


def _map_strip(clip: Activation | None, frames: tuple[Tile, ...] | NotHere, count: int) -> Strip:
    if clip is None:
        return Strip('', NotHere('no map of this clip in the record'))
    # the map is for "reversed", that for "forward" its negative
    heat = heat_maps(clip.cam if clip.reversed else -clip.cam, count)
    if isinstance(frames, NotHere):
        dark = np.zeros((FINE * SIZE, FINE * SIZE, 3), np.uint8)
        frames = (dark,) * count
    decided = clip.probability > 0.5
    text = (
        f'says {_order(decided)} ({max(clip.probability, 1 - clip.probability):.2f}), '
        f'{"right" if decided == clip.reversed else "wrong"}'
    )
    return Strip(text, tuple(overlay(f, h) for f, h in zip(frames, heat, strict=True)))


def _order(backwards: bool) -> str:
    return 'reversed' if backwards else 'forward'


def _alt(cells: dict[str, Cell], records: dict[str, Record], shown: str) -> str:
    parts = ', '.join(f'{VARIANTS[v]} {_accuracy(cells[v])}' for v in records)
    return f'Frames of {shown} with activation maps; accuracy in telling the order: {parts}.'


def _csv(cells: dict[str, Cell], records: dict[str, Record]) -> bytes:
    rows = [(variant, VARIANTS[variant], *cell_fields(cells[variant])) for variant in records]
    return csv_bytes(f'variant temporal {CELL_FIELDS}', rows)
