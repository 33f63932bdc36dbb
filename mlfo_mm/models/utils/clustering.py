"""k-means of embeddings, and how dense its clusters are."""

from __future__ import annotations

import torch
from torch import Tensor

ROWS = 16384  # whose distances are held at once


@torch.no_grad()
def nearest(x: Tensor, centroids: Tensor) -> tuple[Tensor, Tensor]:
    """Distance of each vector (N, D) to the nearest of centroids (K, D), and which one that is."""
    found = torch.cat([torch.cdist(part, centroids).argmin(1) for part in x.split(ROWS)])
    # cdist makes distances of matrix products, which round the smallest
    return (x - centroids[found]).norm(dim=1), found


@torch.no_grad()
def kmeans(
    x: Tensor, clusters: int, seed: int, iterations: int = 20, restarts: int = 5
) -> tuple[Tensor, Tensor, Tensor]:
    """Lloyd's algorithm from drawn vectors, the best of some restarts.

    A cluster that is left without a vector takes the one that is farthest from its own centroid.

    Args:
        x: (N, D), N >= clusters.
        clusters: K.
        seed: Of the draws, which are made on the CPU: alike on all machines.
        iterations: Of each restart.
        restarts: Their number.

    Returns:
        Centroids (K, D), and of each vector its distance (N,) and its cluster (N,).

    Raises:
        ValueError: fewer vectors than clusters.
    """
    if len(x) < clusters:
        raise ValueError(f'kmeans: {len(x)} vectors do not make {clusters} clusters')
    generator = torch.Generator().manual_seed(seed)
    best: tuple[Tensor, Tensor, Tensor] | None = None
    for _ in range(restarts):
        drawn = torch.randperm(len(x), generator=generator)[:clusters]
        centroids = x[drawn.to(x.device)].clone()
        for _ in range(iterations):
            distance, cluster = nearest(x, centroids)
            count = torch.bincount(cluster, minlength=clusters)
            total = torch.zeros_like(centroids).index_add_(0, cluster, x)
            centroids = total / count.clamp_min(1)[:, None]
            empty = (count == 0).nonzero().flatten()
            centroids[empty] = x[distance.topk(len(empty)).indices]
        distance, cluster = nearest(x, centroids)
        if best is None or distance.square().sum() < best[1].square().sum():
            best = centroids, distance, cluster
    assert best is not None
    return best


@torch.no_grad()
def concentrations(distance: Tensor, cluster: Tensor, clusters: int, mean: float) -> Tensor:
    """Phi (K,) of PCL (arXiv 2005.04966, Eq. 12): small where many vectors lie near their centroid.

    The mean distance over log(n + 10); clusters of less than two vectors have the largest; values are
    clipped to their 10th and 90th percentile and scaled to a mean.

    Args:
        distance: (N,) to the vector's centroid.
        cluster: (N,) which one that is.
        clusters: K.
        mean: Of the result: the temperature of the contrast.
    """
    count = torch.bincount(cluster, minlength=clusters)
    total = distance.new_zeros(clusters).index_add_(0, cluster, distance)
    phi = total / count.clamp_min(1) / torch.log(count.to(distance) + 10)
    phi = torch.where(count > 1, phi, torch.where(count > 1, phi, 0).max())
    low, high = torch.quantile(phi, phi.new_tensor([0.1, 0.9]))
    phi = phi.clamp(low, high)
    # all vectors at their centroids: nothing tells clusters apart
    return mean * phi / phi.mean() if phi.mean() > 0 else torch.full_like(phi, mean)
