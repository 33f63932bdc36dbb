"""Graph constraint on the features of a level (Eq. 10)."""

from __future__ import annotations

import torch
from mmaction.registry import MODELS
from torch import Tensor, nn

from ._common import as_float, check_choice, check_pair, check_positive, dot, unit
from .graphs import VIEWS, combine_graphs, instance_graph, semantic_graph

KINDS = ('combined', 'instance', 'semantic', 'one_hot')
DIRECTIONS = ('both', 'one')
REDUCTIONS = ('mean', 'official')


def graph_cross_entropy(
    z1: Tensor,
    z2: Tensor,
    graph: Tensor,
    temperature: float = 0.07,
    directions: str = 'both',
    reduction: str = 'mean',
) -> Tensor:
    r"""Eq. 10: cross-entropy between the graph and the similarities of a level's embeddings.

    With :math:`h(u, v) = \exp(\cos(u, v) / \tau)` and b the view other than a, the mean over the 2N
    anchors (i, a) of :math:`-\sum_j E_{ij} \log (H^a_{ij} / \sum_k H^a_{ik})`, where
    :math:`H^a_{ij} = h(z_i^a, z_j^1) + h(z_i^a, z_j^2)` and :math:`H^a_{ii} = h(z_i^a, z_i^b)`: an
    anchor is not its own key. With the identity as graph this is exactly :func:`nt_xent`.

    Args:
        z1: embeddings of view 1, (N, C), not normalised.
        z2: embeddings of view 2, (N, C).
        graph: E, (N, N), rows sum to 1; no gradient flows into it.
        temperature: tau.
        directions: ``both`` as above, or ``one``: anchors of view 1 against keys of view 2 only, as
            the released code.
        reduction: ``mean`` over the anchors, or ``official``: over all entries of the matrix, that
            is the mean divided by N once more.

    Raises:
        ValueError: for N < 2, shapes that do not fit or an unknown option.
    """
    check_pair('graph_cross_entropy', z1, z2)
    check_positive(temperature=temperature)
    check_choice('directions', directions, DIRECTIONS)
    check_choice('reduction', reduction, REDUCTIONS)
    num_samples = len(z1)
    if graph.shape != (num_samples, num_samples):
        raise ValueError(
            f'graph_cross_entropy needs a graph of shape {(num_samples, num_samples)} for '
            f'{num_samples} samples, got {tuple(graph.shape)}'
        )
    z1, z2, graph = as_float(z1, z2, graph.detach())
    if directions == 'one':
        similarity = dot(unit(z1), unit(z2)) / temperature  # (N, N)
    else:
        z = unit(torch.cat([z1, z2]))
        by_key = (dot(z, z) / temperature).fill_diagonal_(-torch.inf)  # (2N, 2N)
        # (2N, N): the two views of a key sample together
        similarity = torch.logaddexp(*by_key.chunk(2, dim=1))
        graph = graph.repeat(2, 1)
    loss = -(graph * similarity.log_softmax(dim=1)).sum(dim=1).mean()
    return loss / num_samples if reduction == 'official' else loss


@MODELS.register_module()
class GraphConstraintLoss(nn.Module):
    """Graph of the high level (Eq. 6-9) and its cross-entropy on any level (Eq. 10).

    ``graph = loss.build_graph(...)`` once a step, then ``loss(z1, z2, graph)`` for each level.

    ``kind`` is the graph: ``combined`` (Eq. 9), ``instance`` or ``semantic`` alone (rows summing to
    1), or ``one_hot`` (identity). ``temperature`` serves graph and cross-entropy; ``threshold`` and
    ``views`` are those of :func:`instance_graph`, ``directions`` and ``reduction`` of
    :func:`graph_cross_entropy`.
    """

    def __init__(
        self,
        temperature: float = 0.07,
        threshold: float = 0.05,
        kind: str = 'combined',
        views: str = 'all',
        directions: str = 'both',
        reduction: str = 'mean',
        loss_weight: float = 1.0,
    ) -> None:
        super().__init__()
        check_positive(temperature=temperature)
        check_choice('kind', kind, KINDS)
        check_choice('views', views, VIEWS)
        check_choice('directions', directions, DIRECTIONS)
        check_choice('reduction', reduction, REDUCTIONS)
        self.temperature = temperature
        self.threshold = threshold
        self.kind = kind
        self.reads_prototypes = kind in ('combined', 'semantic')
        self.views = views
        self.directions = directions
        self.reduction = reduction
        self.loss_weight = loss_weight

    def build_graph(self, z1: Tensor, z2: Tensor, targets1: Tensor, targets2: Tensor) -> Tensor:
        """Return the (N, N) graph of high-level embeddings (N, C) and assignments (N, K)."""
        if self.kind == 'one_hot':
            return torch.eye(len(z1), device=z1.device)
        instance = semantic = torch.ones(len(z1), len(z1), device=z1.device)
        if self.kind != 'semantic':
            instance = instance_graph(z1, z2, self.temperature, self.threshold, self.views)
        if self.kind != 'instance':
            semantic = semantic_graph(targets1, targets2)
        return combine_graphs(instance, semantic)

    def forward(self, z1: Tensor, z2: Tensor, graph: Tensor) -> Tensor:
        """Return the weighted loss."""
        return self.loss_weight * graph_cross_entropy(
            z1, z2, graph, self.temperature, self.directions, self.reduction
        )
