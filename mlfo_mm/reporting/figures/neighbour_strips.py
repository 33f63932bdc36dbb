"""Figure 4: the nearest training clips by the instance-wise and the semantic-wise distribution."""

from __future__ import annotations

from collections.abc import Sequence

from mlfo_mm.reporting.figures.choose import chosen_records
from mlfo_mm.reporting.figures.details import DISTRIBUTIONS, Query, ShownClip, read_queries
from mlfo_mm.reporting.figures.frames import NotHere, Tile, not_at_hand, spread, tiles
from mlfo_mm.reporting.figures.strips import FINE, FRAMES, SIZE, Strip, StripRow, draw_rows
from mlfo_mm.reporting.figures.style import BLUE, PHOTOS, RED, Plot, csv_bytes, file_stem, render
from mlfo_mm.study.identity import DEFAULT
from mlfo_mm.study.names import DATASETS
from mlfo_mm.study.profiles import Profile
from mlfo_mm.study.records import Record

TITLE = 'Figure 4: nearest training clips'
QUERIES = 4
NEIGHBOURS = 3


def neighbour_plots(records: Sequence[Record], profile: Profile, command: str) -> list[Plot]:
    """Build figure 4, one per data set; ``command`` runs what it needs."""
    chosen = chosen_records(records, profile, 'neighbours', (DEFAULT,))
    plots = [_plot(by_variant[DEFAULT], dataset) for dataset, by_variant in chosen.items()]
    if plots:
        return plots
    missing = f'no nearest neighbours of MLFO in the records; find them: {command}'
    return [Plot('figure4', TITLE, '', missing=(missing,))]


def _plot(record: Record, dataset: str) -> Plot:
    name, shown = file_stem('figure4', dataset), DATASETS.get(dataset, dataset)
    queries = read_queries(record)[:QUERIES]
    title = f'{TITLE}, {shown}'
    if not queries:
        missing = f'records/{record.profile}/{record.experiment}.json holds no queries'
        return Plot(name, title, '', missing=(missing,))
    if absence := not_at_hand(dataset):
        return Plot(name, title, '', files=dict(csv=_csv(queries)), missing=(absence,))
    rates = ', '.join(
        f'{record.metrics[f"hits_{kind}"]:.1f} % by the {kind}-wise'
        for kind in DISTRIBUTIONS
        if f'hits_{kind}' in record.metrics
    )
    caption = (
        f'Test clips of {shown} and their {NEIGHBOURS} nearest training clips by the instance-wise '
        'and by the semantic-wise distribution, nearest first, with the class of each. A hit has '
        f"the query's class. MLFO, seed {record.seed}. "
        + (
            f'Hits among the top {NEIGHBOURS} of all queries: {rates} distribution.'
            if rates
            else ''
        )
    )
    rows, absent = neighbour_rows(queries)
    files = render(
        lambda: draw_rows(['Query', *map(_rank, range(1, NEIGHBOURS + 1))], rows, title=title),
        name,
        PHOTOS,
    )
    files['csv'] = _csv(queries)
    return Plot(name, title, caption, _alt(queries), files, tuple(absent))


def _rank(number: int) -> str:
    return f'Neighbour {number}'


def neighbour_rows(
    queries: Sequence[Query], count: int = NEIGHBOURS, label: str | None = None
) -> tuple[list[StripRow], list[str]]:
    """Rows of queries with their neighbours, hits marked.

    Args:
        queries: The queries.
        count: Neighbours of each.
        label: Beside each row; by default the distribution.

    Returns:
        The rows, and what could not be shown, with the reason.
    """
    rows: list[StripRow] = []
    absent: dict[str, None] = {}

    def strip(clip: ShownClip, text: str, colour: str | None) -> Strip:
        try:
            frames: tuple[Tile, ...] | NotHere = tiles(
                clip, spread(clip.frames, FRAMES), FINE * SIZE
            )
        except NotHere as reason:
            frames = reason
            absent[f'{clip.video}: {reason}'] = None
        if colour is None:
            return Strip(text, frames)
        return Strip(text, frames, colour, framed=True)

    for query in queries:
        kinds = [kind for kind in DISTRIBUTIONS if query.neighbours[kind]]
        for place, kind in enumerate(kinds):
            first = strip(query.clip, query.clip.label, None) if place == 0 else None
            found: list[Strip | None] = []
            for clip in query.neighbours[kind][:count]:
                hit = clip.label == query.clip.label
                near = '' if clip.similarity is None else f' ({clip.similarity:.2g})'
                text = f'{"hit" if hit else "miss"}: {clip.label}{near}'
                found.append(strip(clip, text, BLUE if hit else RED))
            beside = f'{kind}-\nwise' if label is None else label
            rows.append(StripRow(beside, (first, *found), begins=place == 0))
    return rows, list(absent)


def _alt(queries: Sequence[Query]) -> str:
    parts = []
    for query in queries:
        found = '; '.join(
            f'{kind}-wise {", ".join(clip.label for clip in query.neighbours[kind][:NEIGHBOURS])}'
            for kind in DISTRIBUTIONS
            if query.neighbours[kind]
        )
        parts.append(f'Query {query.clip.label}: {found}.')
    return ' '.join(parts)


def _csv(queries: Sequence[Query]) -> bytes:
    rows = []
    for query in queries:
        asked = (query.clip.video, query.clip.label)
        for kind in DISTRIBUTIONS:
            for rank, clip in enumerate(query.neighbours[kind][:NEIGHBOURS], start=1):
                hit = clip.label == query.clip.label
                rows.append((*asked, kind, rank, clip.video, clip.label, hit, clip.similarity))
    header = 'query query_class distribution rank video class hit similarity'
    return csv_bytes(header, rows)
