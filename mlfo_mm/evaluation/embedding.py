"""A trial's test videos in the plane by their features, and the training videos nearest to each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from sklearn.decomposition import PCA
from sklearn.manifold import TSNE
from sklearn.preprocessing import normalize

from mlfo_mm.errors import UserError
from mlfo_mm.evaluation.frozen import features, listed
from mlfo_mm.evaluation.inference import Outputs
from mlfo_mm.evaluation.nearest import nearest
from mlfo_mm.evaluation.neighbours import hits, shown_clip
from mlfo_mm.evaluation.order import spread
from mlfo_mm.evaluation.trial import Trial
from mlfo_mm.study.tasks import LEVELS

LEAST = 4  # videos that a map is made of
SAME = 1e-12  # range of what differs by rounding alone
PERPLEXITY = 30.0  # of t-SNE, as it is usual; a third of a smaller set


@dataclass(frozen=True)
class Embedding:
    """What :func:`embed` found.

    Attributes:
        points: (M, 2).
        labels: (M,) of the test videos.
        videos: Their paths, as the list has them.
        neighbours: For each test video the nearest training videos, as ``(path, label, cosine)``.
        queries: Some of the test videos with their neighbours, as records hold them.
        found: Share of neighbours of their query's class, in percent, of the first and of all.
    """

    points: np.ndarray
    labels: np.ndarray
    videos: list[str]
    neighbours: list[list[tuple[str, int, float]]]
    queries: list[dict[str, Any]]
    found: tuple[float, float]


def embed(trial: Trial, level: str, method: str, topk: int, num_queries: int) -> Embedding:
    """Map the features of the test list, and look each up in the training list by cosine.

    Args:
        trial: Of the task ``retrieval``, whose stored features are taken.
        level: Of the backbone: 'low', 'mid' or 'high'.
        method: 'tsne', 'pca' or 'umap'.
        topk: Neighbours of each video, at most those of the training list.
        num_queries: At equal distances in the test list, to be shown.
    """
    train, test = features(trial, 'train'), features(trial, 'test')
    known, asked = (of_level(each, level) for each in (train, test))
    pair = torch.from_numpy(asked), torch.from_numpy(known)
    places, cosines = (each.numpy() for each in nearest(*pair, min(topk, len(known))))
    right = train.labels[places] == test.labels[:, None]
    paths = [listed(trial, file) for file in train.files]
    neighbours = [
        [(paths[p], int(train.labels[p]), float(c)) for p, c in zip(*row, strict=True)]
        for row in zip(places, cosines, strict=True)
    ]
    queries = []
    for query in spread(len(test.files), num_queries):
        near = [
            shown_clip(trial, train, p) | dict(similarity=float(c))
            for p, c in zip(places[query], cosines[query], strict=True)
        ]
        queries.append(dict(query=shown_clip(trial, test, query), instance=near, semantic=[]))
    return Embedding(
        in_the_plane(asked, method, trial.seed),
        test.labels,
        [listed(trial, file) for file in test.files],
        neighbours,
        queries,
        (
            100 * float(right[:, 0].mean()),
            100 * float(hits(places, test.labels, train.labels).mean()),
        ),
    )


def of_level(outputs: Outputs, level: str) -> np.ndarray:
    """Features (M, D) of videos on a level, the mean of their clips."""
    if level == LEVELS[-1]:
        return outputs.video_means()
    if level not in outputs.extra:
        there = ', '.join([*outputs.extra, LEVELS[-1]])
        raise UserError(f'--level {level}: the backbone has {there}')
    return outputs.extra[level].mean(1)


def in_the_plane(values: np.ndarray, method: str, seed: int = 0) -> np.ndarray:
    """Map rows (M, D) to points (M, 2) by their directions, as the cosine compares them.

    Raises:
        UserError: Too few rows, or all of one direction, or umap-learn is not installed.
    """
    if len(values) < LEAST:
        raise UserError(f'a map needs {LEAST} test videos, there are {len(values)}')
    directions = normalize(values.astype(np.float64))
    if np.ptp(directions, axis=0).max() < SAME:  # scikit-learn's t-SNE would crash
        raise UserError(
            f'the features of all {len(values)} videos are the same: the weights have collapsed, there '
            'is nothing to map'
        )
    if method == 'pca':
        return PCA(2, random_state=seed).fit_transform(directions)
    if method == 'umap':
        try:
            from umap import UMAP
        except ImportError as error:
            raise UserError(
                '--method umap: umap-learn is not installed: pip install umap-learn, or take tsne'
            ) from error
        neighbours = min(15, len(values) - 1)
        return UMAP(n_neighbors=neighbours, random_state=seed).fit_transform(directions)
    perplexity = min(PERPLEXITY, (len(values) - 1) / 3)
    return TSNE(2, perplexity=perplexity, random_state=seed).fit_transform(directions)
