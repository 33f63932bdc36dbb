"""Exact nearest neighbours by cosine in large galleries, at the speed and memory of lower precision.

Products of queries with the whole gallery are kept for some queries at a time. Maxima over stretches of
the gallery say where in it to look, and float64 decides among the best rows where float32 cannot. The
products are of bfloat16 where the processor multiplies it faster; where rounding could have hidden a
neighbour, they are computed again in float32, and at last in float64.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

STRETCH = 8  # gallery rows that share a maximum
GROUP = 16  # stretches that share a maximum of theirs
SPARE = 8  # rows, and stretches, looked at beyond the k that exact products need
FEW, QUERIES, ROWS = 256, 1024, 4096  # of one product; ROWS is a multiple of STRETCH
PRODUCTS = 1 << 25  # similarities that are held at a time, unless for FEW queries
ELEMENTS = 1 << 18  # of the rows that are looked at again at a time: the cache holds them
MAX_ERROR = 5e-5  # of a product of unit vectors in float32: 512 roundings of 2^-24, and some more
SUM_ERROR = 1e-5  # of torch's sum, which adds up in several levels: under 100 roundings of 2^-24


def has_fast_bfloat16(device: torch.device) -> bool:
    """Whether this processor has instructions for products of bfloat16."""
    names = ('_is_avx512_bf16_supported', '_is_amx_tile_supported')  # not in every torch
    checks = (getattr(torch.cpu, name, bool) for name in names)
    return device.type == 'cpu' and any(check() for check in checks)


class UnitRows:
    """Rows (M, D), centred where asked for, of length 1: all in float32, any in float64."""

    def __init__(self, features: Tensor, centre: bool = False) -> None:
        self._features = features
        self._mean = features.mean(0, dtype=torch.float64) if centre else None
        self.single = torch.empty_like(features, dtype=torch.float32)
        for start in range(0, len(features), ROWS):
            rows = slice(start, start + ROWS)
            part = self.double(rows) if centre else features[rows].float()
            self.single[rows] = part.float() if centre else functional.normalize(part, dim=1)

    def double(self, rows: Tensor | slice) -> Tensor:
        """The rows at some places (...), as (..., D) float64."""
        found = self._features[rows].double()
        return functional.normalize(found if self._mean is None else found - self._mean, dim=-1)


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
    if not 1 <= k <= len(gallery) - exclude_self:
        raise ValueError(f'{k} neighbours of a gallery of {len(gallery)}')
    exact = _Exact(UnitRows(query, centre), UnitRows(gallery, centre), k, exclude_self)
    found = torch.empty(len(query), k, dtype=torch.int64, device=query.device)
    left = torch.arange(len(query), device=query.device)
    kinds = [torch.bfloat16] if has_fast_bfloat16(query.device) else []
    for kind in (*kinds, torch.float32):
        if not len(left):
            break
        search = _Search(exact, kind, len(left))
        undecided = []
        for places in left.split(search.queries):
            found[places], certain = search.among(places)
            undecided.append(places[~certain])
        left = torch.cat(undecided)
    for place in left.tolist():
        found[place] = exact.in_all(place)
    return found


class _Exact:
    """Decides which of some rows are the nearest."""

    def __init__(self, query: UnitRows, gallery: UnitRows, k: int, exclude_self: bool) -> None:
        self.query, self.gallery, self.k, self.exclude_self = query, gallery, k, exclude_self
        self.size, self.width = gallery.single.shape

    def among(self, places: Tensor, rows: Tensor, bound: Tensor) -> tuple[Tensor, Tensor]:
        """Neighbours (q, k) of queries from rows (q, r), and whether (q,) no other row can be one.

        Args:
            places: Of the queries (q,).
            rows: Candidates (q, r); those beyond the gallery, and the query itself, are none.
            bound: At most so similar (q,) is any other row.
        """
        count = min(self.k + SPARE, rows.shape[1])
        step = max(1, ELEMENTS // (rows.shape[1] * self.width))
        single = torch.cat(
            [self._single(*p) for p in zip(places.split(step), rows.split(step), strict=True)]
        )
        values, order = single.topk(min(count + 1, rows.shape[1]), dim=1)
        if values.shape[1] > count:
            bound = torch.maximum(bound, values[:, count] + SUM_ERROR)
        values, rows = values[:, :count], rows.gather(1, order[:, :count])
        # float32 says in which order two rows come that lie apart
        close = values[:, :-1] - values[:, 1:] <= 2 * SUM_ERROR
        unsure = functional.pad(close, (1, 0)) | functional.pad(close, (0, 1))
        unsure[:, : self.k] |= values[:, : self.k] - SUM_ERROR <= bound[:, None]
        unsure &= values > -torch.inf
        mixed = values.double()
        which, column = unsure.nonzero(as_tuple=True)
        mixed[which, column] = self._double(self.query.double(places), which, rows[which, column])
        rows, order = rows.sort(1)  # the earlier one first
        mixed, order = mixed.gather(1, order).sort(dim=1, descending=True, stable=True)
        return rows.gather(1, order)[:, : self.k], mixed[:, self.k - 1] > bound

    def in_all(self, place: int) -> Tensor:
        """Neighbours (k,) of a query in the whole gallery, in float64."""
        rows = torch.arange(self.size, device=self.gallery.single.device)
        query = self.query.double(slice(place, place + 1))
        similarity = self._double(query, torch.zeros_like(rows), rows)
        if self.exclude_self:
            similarity[place] = -torch.inf
        return similarity.sort(descending=True, stable=True).indices[: self.k]

    def _single(self, places: Tensor, rows: Tensor) -> Tensor:
        picked = self.gallery.single[rows.clamp(max=self.size - 1)]  # (q, r, D)
        single = picked.mul_(self.query.single[places, None]).sum(2)
        barred = rows >= self.size
        if self.exclude_self:
            barred |= rows == places[:, None]
        return single.masked_fill(barred, -torch.inf)

    def _double(self, query: Tensor, which: Tensor, rows: Tensor) -> Tensor:
        """Similarities (n,) of some of the queries (q, D) and rows, in float64."""
        step = max(1, ELEMENTS // self.width)
        pairs = zip(which.split(step), rows.split(step), strict=True)
        # not a product of matrices, which may round equal rows differently
        return torch.cat([(self.gallery.double(r) * query[q]).sum(1) for q, r in pairs])


class _Search:
    """Finds candidates by products of one precision, for some queries at a time."""

    def __init__(self, exact: _Exact, kind: torch.dtype, queries: int) -> None:
        self._exact, self._kind = exact, kind
        self._length = -(-exact.size // (STRETCH * GROUP)) * STRETCH * GROUP  # whole groups
        self.queries = max(1, min(QUERIES, queries, max(FEW, PRODUCTS // self._length)))
        self._count = exact.k + SPARE if kind == torch.float32 else 8 * exact.k + 12 * SPARE
        self._gallery, self._lost = _rounded(exact.gallery.single, kind)
        self._products = self._gallery.new_empty(self._length * self.queries)

    def among(self, places: Tensor) -> tuple[Tensor, Tensor]:
        """Neighbours (q, k) of the queries at some places, and whether (q,) they are certain."""
        shape = self._length, len(places)
        product = self._products[: shape[0] * shape[1]].view(shape)
        query, lost = _rounded(self._exact.query.single[places], self._kind)
        maxima = product.new_empty(shape[0] // STRETCH, shape[1])
        for start in range(0, shape[0], ROWS):  # in the cache from here to its maxima
            part = product[start : start + ROWS]
            self._multiply(part, start, query)
            stretches = slice(start // STRETCH, (start + len(part)) // STRETCH)
            torch.amax(part.view(-1, STRETCH, shape[1]), 1, out=maxima[stretches])
        groups = maxima.view(-1, GROUP, shape[1]).amax(1)
        everything = torch.arange(len(groups), device=places.device).expand(shape[1], -1)
        found, _ = _largest(groups, everything, self._count + 1)
        found, first = _largest(maxima, _members(found, GROUP), self._count)
        found, second = _largest(product, _members(found, STRETCH), self._count)
        # the result is rounded as well
        error = MAX_ERROR + (lost + self._lost + 2**-9 if self._kind == torch.bfloat16 else 0)
        bound = torch.maximum(first, second).float() + error
        return self._exact.among(places, found, bound)

    def _multiply(self, out: Tensor, start: int, query: Tensor) -> None:
        """Similarities of the gallery's rows from ``start`` on with queries (q, D)."""
        rows = self._gallery[start : start + len(out)]
        if self._kind == torch.float32 and not query.is_cuda:
            # NumPy's BLAS is a tenth faster than torch's on AMD's processors
            np.matmul(rows.numpy(), query.numpy().T, out=out[: len(rows)].numpy())
        else:
            torch.mm(rows, query.T, out=out[: len(rows)])
        out[len(rows) :] = -torch.inf


def _rounded(rows: Tensor, kind: torch.dtype) -> tuple[Tensor, float]:
    """Unit vectors (n, D) in another precision, and the largest distance from what they were."""
    if rows.dtype == kind:
        return rows, 0.0
    rounded, lost = torch.empty_like(rows, dtype=kind), 0.0
    step = max(1, ELEMENTS // rows.shape[1])
    for part, out in zip(rows.split(step), rounded.split(step), strict=True):
        out.copy_(part)
        lost = max(lost, float((part - out).norm(dim=1).max()))
    return rounded, lost


def _members(places: Tensor, size: int) -> Tensor:
    """All members (q, n * size) of groups (q, n) of one size."""
    inside = torch.arange(size, device=places.device)
    return (places[..., None] * size + inside).flatten(1)


def _largest(values: Tensor, places: Tensor, count: int) -> tuple[Tensor, Tensor]:
    """Where among some places (q, n) the largest of values (all, q) stand, and the next one (q,)."""
    looked_at = values.T.gather(1, places)
    best, order = looked_at.topk(min(count + 1, places.shape[1]), dim=1)
    nothing = best.new_full((len(best), 1), -torch.inf)
    return places.gather(1, order[:, :count]), torch.cat([best[:, count:], nothing], 1)[:, 0]
