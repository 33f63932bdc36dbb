"""Similarity graphs between the samples of a batch, inferred from high-level features (Eq. 6-9)."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from ._common import as_float, check_choice, check_pair, check_positive, check_prototypes, dot, unit

VIEWS = ('all', 'first_second')


@torch.no_grad()
def instance_graph(
    z1: Tensor,
    z2: Tensor,
    temperature: float = 0.07,
    threshold: float = 0.05,
    views: str = 'all',
) -> Tensor:
    r"""Eq. 6 and 8: similarity of instances over its row sum, cut below the threshold.

    With :math:`h(u, v) = \exp(\cos(u, v) / \tau)`, :math:`W_{ii} = h(z_i^1, z_i^2)`, and
    :math:`W_{ij}` is the mean of h over the four pairs of views of i and j. Returns
    :math:`W_{ij} / \sum_k W_{ik}` where that is at least the threshold, else 0. The self-edge is
    always kept: the paper cuts it as well.

    Args:
        z1: embeddings of view 1, (N, C), not normalised.
        z2: embeddings of view 2, (N, C).
        temperature: tau.
        threshold: eta, on the share of the row.
        views: ``all`` as above, or ``first_second``: W is h(z_i^1, z_j^2) only, as the released
            code.

    Returns:
        (N, N) without gradient.
    """
    check_pair('instance_graph', z1, z2)
    check_positive(temperature=temperature)
    check_choice('views', views, VIEWS)
    z1, z2 = (unit(z) for z in as_float(z1, z2))
    across = dot(z1, z2) / temperature  # (N, N)
    log_w = across
    if views == 'all':
        pairs = [across, across.mT, dot(z1, z1) / temperature, dot(z2, z2) / temperature]
        log_w = torch.stack(pairs).logsumexp(dim=0) - math.log(4)
        log_w.diagonal().copy_(across.diagonal())
    share = log_w.softmax(dim=1)
    graph = share * (share >= threshold)
    # A self-edge that underflows at a low temperature must still be an edge.
    graph.diagonal().copy_(share.diagonal().clamp_min(torch.finfo(share.dtype).tiny))
    return graph


@torch.no_grad()
def semantic_graph(targets1: Tensor, targets2: Tensor) -> Tensor:
    """Eq. 7: 1 where two samples share the prototype with the highest summed assignment, else 0.

    Args:
        targets1: prototype assignment of view 1, (N, K).
        targets2: prototype assignment of view 2, (N, K).

    Returns:
        (N, N) of 0 and 1.
    """
    check_prototypes('semantic_graph', targets1, targets2)
    targets1, targets2 = as_float(targets1, targets2)
    label = (targets1 + targets2).argmax(dim=1)  # (N,)
    return (label[:, None] == label[None, :]).to(targets1.dtype)


@torch.no_grad()
def combine_graphs(instance: Tensor, semantic: Tensor) -> Tensor:
    """Eq. 9: product of the two graphs, each row divided by its sum.

    A row without an edge becomes the self-edge, so that every row sums to 1.

    Args:
        instance: (N, N), not negative.
        semantic: (N, N), not negative.
    """
    if (
        instance.dim() != 2
        or instance.shape[0] != instance.shape[1]
        or instance.shape != semantic.shape
    ):
        raise ValueError(
            'combine_graphs needs two graphs of the same shape (N, N), '
            f'got {tuple(instance.shape)} and {tuple(semantic.shape)}'
        )
    instance, semantic = as_float(instance, semantic)
    joint = instance * semantic
    joint = joint + torch.diag((joint.sum(dim=1) == 0).to(joint.dtype))
    return joint / joint.sum(dim=1, keepdim=True)


@torch.no_grad()
def mean_edges(graph: Tensor) -> Tensor:
    """Mean number of edges (entries above 0) per row of a graph (N, N), the self-edge included."""
    return (graph > 0).sum(dim=1).float().mean()
