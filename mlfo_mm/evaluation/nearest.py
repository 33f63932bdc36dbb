"""Exact nearest neighbours, in float64, some queries at a time."""

from __future__ import annotations

import torch
from torch import Tensor

from mlfo_mm.errors import UserError

SIMILARITIES = 1 << 23  # held at a time


@torch.no_grad()
def nearest(
    query: Tensor,
    gallery: Tensor,
    k: int,
    cosine: bool = True,
    centre: bool = False,
    exclude_self: bool = False,
) -> tuple[Tensor, Tensor]:
    """Places and similarities (Q, k) of the k most similar gallery rows, the most similar first.

    Of equal rows the one that stands earlier comes first.

    Args:
        query: Features (Q, D).
        gallery: Features (G, D).
        k: Number of neighbours, at most G, or G - 1 with ``exclude_self``.
        cosine: Similarity is the cosine, else the dot product.
        centre: Subtract the queries' mean from the queries and the gallery's from the gallery.
        exclude_self: Query i is gallery row i and no neighbour of itself.

    Raises:
        UserError: Features that are not finite, which would be nearest to all.
    """
    for rows in (query, gallery):
        broken = int((~rows.isfinite().all(1)).sum())
        if broken:
            raise UserError(
                f'the features of {broken} of {len(rows)} videos are not finite: the weights are broken'
            )
    if not 1 <= k <= len(gallery) - exclude_self:
        raise ValueError(f'{k} neighbours of a gallery of {len(gallery)}')
    query, gallery = query.double(), gallery.double()
    if centre:
        query, gallery = query - query.mean(0), gallery - gallery.mean(0)
    # a product of matrices may round the similarities to equal rows differently: one stands for all
    gallery, which = gallery.unique(dim=0, return_inverse=True)
    if cosine:
        query, gallery = _directions(query), _directions(gallery)
    places, similarities = [], []
    count = max(1, SIMILARITIES // len(which))
    for start in range(0, len(query), count):
        similarity = (query[start : start + count] @ gallery.T)[:, which]  # (q, G)
        if exclude_self:
            similarity.diagonal(start).fill_(-torch.inf)
        found = similarity.sort(dim=1, descending=True, stable=True)
        places.append(found.indices[:, :k])
        similarities.append(found.values[:, :k])
    return torch.cat(places), torch.cat(similarities)


def _directions(rows: Tensor) -> Tensor:
    """Rows of length 1, however short they were (torch's own leaves those below 1e-12); zeros stay."""
    lengths = rows.norm(dim=1, keepdim=True)
    return rows / lengths.where(lengths > 0, 1.0)
