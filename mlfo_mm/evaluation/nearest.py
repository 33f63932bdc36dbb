"""Exact nearest neighbours by cosine in large galleries, at the speed and memory of float32.

A product in float32 says which stretches of the gallery have the largest maxima, and which of their
rows are the nearest; the similarities of these are computed again in float64, which decides. Where
float32's error could have hidden a neighbour, all similarities of the query are.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

STRETCH = 8  # gallery rows that share a maximum
GROUP = 32  # stretches that share a maximum of theirs
SPARE = 8  # stretches looked at, and rows looked at again, beyond the k that exact maxima need
QUERIES, ROWS = 2048, 4096  # of one product
ELEMENTS = 1 << 21  # of the rows that are gathered at a time: the cache holds them
MAX_ERROR = 5e-5  # of a product of unit vectors in float32: 512 roundings of 2^-24, and some more


class UnitRows:
    """Rows (M, D), centred where asked for, of length 1: all in float32, any in float64."""

    def __init__(self, features: Tensor, centre: bool = False) -> None:
        self._features = features
        self._mean = features.mean(0, dtype=torch.float64) if centre else 0.0
        self.single = torch.empty_like(features, dtype=torch.float32)
        for start in range(0, len(features), ROWS):
            rows = torch.arange(start, min(start + ROWS, len(features)), device=features.device)
            self.single[rows] = (
                self.double(rows).float()
                if centre
                else functional.normalize(features[rows].float(), dim=1)
            )

    def double(self, rows: Tensor) -> Tensor:
        """The rows at some places (...), as (..., D) float64."""
        return functional.normalize(self._features[rows].double() - self._mean, dim=-1)


@torch.no_grad()
def nearest(
    query: Tensor, gallery: Tensor, k: int, centre: bool = False, exclude_self: bool = False
) -> Tensor:
    """Places (Q, k) of the k gallery rows of the largest cosine, the largest first.

    Among equally similar rows the one that stands earlier comes first.

    Args:
        query: Features (Q, D).
        gallery: Features (G, D).
        k: Number of neighbours, at most G, or G - 1 with ``exclude_self``.
        centre: Subtract the queries' mean from the queries and the gallery's from the gallery.
        exclude_self: Query i is gallery row i and no neighbour of itself.
    """
    size = len(gallery)
    if not 1 <= k <= size - exclude_self:
        raise ValueError(f'{k} neighbours of a gallery of {size}')
    search = _Search(UnitRows(query, centre), UnitRows(gallery, centre), k, exclude_self)
    step = max(1, ELEMENTS // (search.stretches * STRETCH * query.shape[1]))
    found = []
    for start in range(0, len(query), QUERIES):
        places = torch.arange(start, min(start + QUERIES, len(query)), device=query.device)
        maxima = _maxima(search.query.single[places], search.gallery.single)  # (q, stretches)
        best = _largest(maxima, min(search.stretches + 1, maxima.shape[1]))
        for part in torch.arange(len(places), device=query.device).split(step):
            found.append(search.among(places[part], best[0][part], best[1][part]))
    return torch.cat(found)


class _Search:
    """Looks for neighbours in the stretches that may hold them."""

    def __init__(self, query: UnitRows, gallery: UnitRows, k: int, exclude_self: bool) -> None:
        self.query, self.gallery, self.k, self.exclude_self = query, gallery, k, exclude_self
        self.stretches = k + SPARE + exclude_self
        self._inside = torch.arange(STRETCH, device=gallery.single.device)

    def among(self, places: Tensor, maxima: Tensor, stretches: Tensor) -> Tensor:
        """Neighbours (q, k) of the queries at some places, from their best stretches in order."""
        hidden = maxima[:, self.stretches :]  # (q, 1), or (q, 0) where all stretches are looked at
        rows = stretches[:, : self.stretches, None] * STRETCH + self._inside
        rows = rows.flatten(1).sort(1).values  # (q, r); the earlier one first, here and below
        picked = self.gallery.single[rows.clamp(max=len(self.gallery.single) - 1)]  # (q, r, D)
        single = torch.bmm(picked, self.query.single[places, :, None])[..., 0]
        single = single.masked_fill(self._barred(places, rows), -torch.inf)
        again = min(self.k + SPARE, rows.shape[1])
        values, order = single.topk(min(again + 1, rows.shape[1]), dim=1)
        nothing = torch.full_like(single[:, :1], -torch.inf)
        hidden = torch.cat([hidden, values[:, again:], nothing], 1).amax(1)
        found, similarity = self._exact(places, rows.gather(1, order[:, :again].sort(1).values))
        for index in (similarity[:, -1] < hidden + MAX_ERROR).nonzero().ravel().tolist():
            whole = torch.arange(len(self.gallery.single), device=rows.device)[None]
            found[index] = self._exact(places[index, None], whole)[0][0]
        return found

    def _exact(self, places: Tensor, rows: Tensor) -> tuple[Tensor, Tensor]:
        """The best k of rows (q, r) in order and their similarities, in float64."""
        query = self.query.double(places)[:, None]  # (q, 1, D)
        parts = rows.clamp(max=len(self.gallery.single) - 1).split(ROWS, 1)
        # not a product of matrices, which may round equal rows differently
        similarity = torch.cat([(self.gallery.double(p) * query).sum(2) for p in parts], 1)
        similarity = similarity.masked_fill(self._barred(places, rows), -torch.inf)
        similarity, order = similarity.sort(dim=1, descending=True, stable=True)
        return rows.gather(1, order[:, : self.k]), similarity[:, : self.k]

    def _barred(self, places: Tensor, rows: Tensor) -> Tensor:
        barred = rows >= len(self.gallery.single)  # the last stretch is longer than the gallery
        return barred | (rows == places[:, None]) if self.exclude_self else barred


def _maxima(query: Tensor, gallery: Tensor) -> Tensor:
    """Largest similarity of queries (q, D) in each stretch: (q, stretches) in float32."""
    maxima = query.new_empty(-(-len(gallery) // STRETCH), len(query))
    product = query.new_empty(min(ROWS, len(gallery)), len(query))
    for start in range(0, len(gallery), ROWS):
        rows = gallery[start : start + ROWS]
        product = product[: len(rows)]
        if query.is_cuda:
            torch.mm(rows, query.T, out=product)
        else:  # NumPy's BLAS is a tenth faster than torch's on AMD's processors
            np.matmul(rows.numpy(), query.numpy().T, out=product.numpy())
        stretches = _padded(product, STRETCH, 0).view(-1, STRETCH, len(query))
        first = start // STRETCH
        torch.amax(stretches, 1, out=maxima[first : first + len(stretches)])
    return maxima.T.contiguous()


def _largest(maxima: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """Values and places (q, count) of the largest maxima, in order."""
    groups = _padded(maxima, GROUP, 1).unflatten(1, (-1, GROUP))  # (q, groups, GROUP)
    looked_at = groups.amax(2).topk(min(count, groups.shape[1]), dim=1).indices
    picked = groups.gather(1, looked_at[..., None].expand(-1, -1, GROUP)).flatten(1)
    values, order = picked.topk(count, dim=1)
    return values, looked_at.gather(1, order // GROUP) * GROUP + order % GROUP


def _padded(values: Tensor, multiple: int, dim: int) -> Tensor:
    lacking = -values.shape[dim] % multiple
    sides = (0, lacking) if dim == 1 else (0, 0, 0, lacking)
    return functional.pad(values, sides, value=-torch.inf) if lacking else values
