"""Nearest-neighbour retrieval: is a video of the query's class among the k nearest?"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from mmaction.registry import METRICS
from mmengine.evaluator import BaseMetric
from torch import Tensor

from mlfo_mm.evaluation.nearest import nearest

TOPK = (1, 5, 10, 20)


def recall_key(k: int, centre: bool) -> str:
    """Name of a recall: ``R@5`` on raw features, ``R@5_centred`` on mean-centred ones."""
    return f'R@{k}_centred' if centre else f'R@{k}'


def nn_hits(
    query: Tensor,
    query_labels: Tensor,
    gallery: Tensor,
    gallery_labels: Tensor,
    topk: Sequence[int] = TOPK,
    centre: bool = False,
    exclude_self: bool = False,
) -> dict[str, Tensor]:
    """Whether a video of a query's label is among its k nearest by cosine similarity.

    Among equally similar videos the one that stands earlier in the gallery comes first.

    Args:
        query: Features (Q, D).
        query_labels: Labels (Q,).
        gallery: Features (G, D).
        gallery_labels: Labels (G,).
        topk: Numbers of neighbours; those above the gallery's size are left out of the answer.
        centre: Subtract the queries' mean from the queries and the gallery's from the gallery, as
            CoCLR does, before the cosine.
        exclude_self: Query i is gallery entry i and no neighbour of itself.

    Returns:
        ``{'R@1': ..., 'R@5': ...}``, each (Q,), the names ending in ``_centred`` where centred.
    """
    topk = [k for k in topk if k <= len(gallery) - exclude_self]
    if not topk:
        return {}
    places, _ = nearest(query, gallery, max(topk), centre=centre, exclude_self=exclude_self)
    hits = (gallery_labels[places] == query_labels[:, None]).cumsum(1) > 0  # (Q, k)
    return {recall_key(k, centre): hits[:, k - 1] for k in topk}


def recall(hits: dict[str, Tensor]) -> dict[str, float]:
    """Recall in percent of the queries."""
    return {key: 100 * each.double().mean().item() for key, each in hits.items()}


def nn_recall(
    query: Tensor,
    query_labels: Tensor,
    gallery: Tensor,
    gallery_labels: Tensor,
    topk: Sequence[int] = TOPK,
    centre: bool = False,
    exclude_self: bool = False,
) -> dict[str, float]:
    """Recall at k in percent; arguments as in :func:`nn_hits`."""
    sets = (query, query_labels, gallery, gallery_labels)
    return recall(nn_hits(*sets, topk, centre, exclude_self))


@METRICS.register_module()
class NNRecall(BaseMetric):
    """Retrieval recall of the features that a test loop yields, raw and centred.

    A sample's features are its ``clip_features`` entry, or the output itself where the model returns
    tensors (``FeatureHead`` does); (V, D) of V clips are averaged.

    Args:
        topk: Numbers of neighbours.
        gallery: An ``.npz`` file with ``values`` (G, D) or (G, V, D) and ``labels`` (G,). By
            default every sample queries all others.
        collect_device: As in mmengine.
        prefix: As in mmengine.
    """

    default_prefix = 'retrieval'

    def __init__(
        self,
        topk: Sequence[int] = TOPK,
        gallery: str | Path | None = None,
        collect_device: str = 'cpu',
        prefix: str | None = None,
    ) -> None:
        super().__init__(collect_device=collect_device, prefix=prefix)
        self.topk = tuple(topk)
        self.gallery = gallery

    def process(self, data_batch: dict, data_samples: Sequence[Any]) -> None:
        """Keep the features and the label of each sample."""
        for packed, sample in zip(data_batch['data_samples'], data_samples, strict=True):
            features = sample['clip_features'] if isinstance(sample, dict) else sample
            self.results.append((_video_mean(features.detach().cpu()), int(packed.gt_label)))

    def compute_metrics(self, results: list) -> dict[str, float]:
        """Recall of all samples seen."""
        query = torch.stack([features for features, _ in results])
        labels = torch.tensor([label for _, label in results])
        gallery, gallery_labels = query, labels
        if self.gallery is not None:
            with np.load(self.gallery) as stored:
                gallery = torch.stack([*map(_video_mean, torch.from_numpy(stored['values']))])
                gallery_labels = torch.from_numpy(stored['labels'])
        recalls: dict[str, float] = {}
        for centre in (False, True):
            sets = (query, labels, gallery, gallery_labels)
            recalls |= nn_recall(*sets, self.topk, centre, exclude_self=self.gallery is None)
        return recalls


def _video_mean(features: Tensor) -> Tensor:
    return features.float().reshape(-1, features.shape[-1]).mean(0)  # (V, D) -> (D,)
