"""Maps of features coloured by class, and sheets of nearest neighbours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from mlfo_mm.reporting.figures.details import Query, ShownClip
from mlfo_mm.reporting.figures.neighbour_strips import neighbour_rows
from mlfo_mm.reporting.figures.strips import draw_rows
from mlfo_mm.reporting.figures.style import (
    INK,
    MARKERS,
    SERIES,
    csv_bytes,
    legend_name,
    render,
)
from mlfo_mm.reporting.specs import Row
from mlfo_mm.study.names import BACKBONES, DATASETS

TOLD_APART = len(SERIES) * len(MARKERS)  # classes that colour and marker tell apart
IN_COLUMN = 22  # classes in a column of the legend
WAYS = dict(tsne='t-SNE', pca='PCA', umap='UMAP')


def map_files(
    points: NDArray[np.float64],
    labels: NDArray[np.int64],
    classes: Sequence[str],
    videos: Sequence[str],
    title: str,
) -> Mapping[str, bytes]:
    """A scatter of points (M, 2) by class, and their coordinates as CSV."""
    files = render(lambda: draw_map(points, labels, classes, title), 'embedding', ('png', 'svg'))
    rows = [
        (video, classes[label], round(float(x), 4), round(float(y), 4))
        for video, label, (x, y) in zip(videos, labels, points, strict=True)
    ]
    files['csv'] = csv_bytes('video class x y', rows)
    return files


def title_of(
    method: str, variant: str, backbone: str, pretrain: str, dataset: str, level: str, way: str
) -> str:
    """Say in words whose features a map shows, of what."""
    label = Row(method, backbone, pretrain, variant).label
    network = f'{label}, {BACKBONES.get(backbone, backbone)}'
    if pretrain != 'none':
        network += f', on {DATASETS.get(pretrain, pretrain)}'
    return f'{network}: {WAYS[way]} of the {level} level, test videos of {DATASETS.get(dataset, dataset)}'


def draw_map(
    points: NDArray[np.float64], labels: NDArray[np.int64], classes: Sequence[str], title: str
) -> Figure:
    """Draw points by class: a legend, or names in the middle of classes where there are many."""
    present = sorted(set(labels.tolist()))
    few = len(present) <= TOLD_APART
    columns = -(-len(present) // IN_COLUMN) if few else 0
    figure = Figure(figsize=(6.2 + 1.6 * columns, 6) if few else (9, 9))
    axis = figure.add_subplot()
    hues = mpl.colormaps['hsv'](np.linspace(0, 0.95, len(present)))
    for place, label in enumerate(present):
        own = points[labels == label]
        colour = SERIES[place % len(SERIES)] if few else hues[place]
        marker = MARKERS[place // len(SERIES) % len(MARKERS) if few else place % len(MARKERS)]
        size = 26 if len(points) < 500 else 10
        axis.scatter(
            own[:, 0],
            own[:, 1],
            s=size,
            color=colour,
            marker=marker,
            alpha=0.8,
            linewidths=0,
            label=legend_name(classes[label]),
        )
        if not few:
            middle = np.median(own, axis=0)
            axis.annotate(classes[label], middle, ha='center', fontsize=6, color=INK)
    axis.set_xticks([])
    axis.set_yticks([])
    axis.spines[:].set_visible(True)
    axis.set_aspect('equal', adjustable='datalim')
    figure.suptitle(title, x=0.01, ha='left', weight='bold', fontsize=10)
    if few:
        figure.legend(loc='outside right upper', ncols=columns, handletextpad=0.2)
    return figure


def query_of(dataset: str, item: Mapping[str, Any], crop: float) -> Query:
    """A query with its neighbours, as records hold them, of a data set; ``crop`` as of a clip."""

    def clip(each: Mapping[str, Any]) -> ShownClip:
        where = (dataset, each['video'], each['class'], tuple(each['frames']))
        return ShownClip(*where, each.get('similarity'), crop)

    found = {kind: tuple(map(clip, item[kind])) for kind in ('instance', 'semantic')}
    return Query(clip(item['query']), found)


def neighbour_files(
    queries: Sequence[Query], level: str, rows: Sequence[Sequence[Any]]
) -> tuple[Mapping[str, bytes], list[str]]:
    """A sheet of queries with their neighbours, hits marked; those of all videos as CSV.

    Returns:
        The files, and what could not be shown.
    """
    count = max(len(query.neighbours['instance']) for query in queries)
    strips, absent = neighbour_rows(queries, count, '')
    heads = [
        f'Query, by the {level} level',
        *(f'Neighbour {number}' for number in range(1, count + 1)),
    ]
    files = render(lambda: draw_rows(heads, strips), 'neighbours', ('png',))
    header = 'query query_class rank video class hit similarity'
    files['csv'] = csv_bytes(header, rows)
    return files, absent
