"""What every loss must keep: the scale of embeddings, the order of the batch, which view comes first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, replace

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from mlfo_mm.models.losses import (
    combine_graphs,
    cosine_prediction,
    dense_prediction,
    graph_cross_entropy,
    info_nce,
    instance_graph,
    motion_discrimination,
    nt_xent,
    semantic_graph,
    sinkhorn,
    swapped_prediction,
    timestamp_retrieval,
)

TIGHT = dict(rtol=1e-9, atol=1e-9)


@dataclass(frozen=True)
class Batch:
    """Views 1 and 2 of N samples; the last axis of embeddings is C unless the name says otherwise."""

    z1: Tensor  # (N, C)
    z2: Tensor
    augmented1: Tensor  # (A, N, C)
    augmented2: Tensor
    short: Tensor  # (N, C, Ts)
    long: Tensor  # (N, C, Tl)
    logits1: Tensor  # (N, K)
    logits2: Tensor
    maps1: Tensor  # (N, S, C, H, W)
    maps2: Tensor

    def graph(self) -> Tensor:
        shares = semantic_graph(self.logits1.softmax(1), self.logits2.softmax(1))
        return combine_graphs(instance_graph(self.z1, self.z2), shares)

    def permuted(self, order: Tensor) -> Batch:
        axes = {f.name: int(f.name.startswith('augmented')) for f in fields(self)}
        return replace(
            self, **{n: getattr(self, n).index_select(a, order) for n, a in axes.items()}
        )

    def swapped(self) -> Batch:
        pairs = ('z', 'augmented', 'logits', 'maps')
        back = {f'{name}{i}': getattr(self, f'{name}{3 - i}') for name in pairs for i in (1, 2)}
        return replace(self, **back)

    def scaled(self, seed: int) -> Batch:
        """Each embedding times a factor of its own, from a thousandth to a thousand."""
        generator = torch.Generator().manual_seed(seed)

        def scale(x: Tensor, axis: int) -> Tensor:
            shape = [1 if place == axis % x.dim() else size for place, size in enumerate(x.shape)]
            drawn = torch.rand(shape, generator=generator, dtype=x.dtype)
            return x * 10 ** (6 * drawn - 3)

        axes = dict(z1=-1, z2=-1, augmented1=-1, augmented2=-1, short=1, long=1)
        return replace(self, **{name: scale(getattr(self, name), a) for name, a in axes.items()})


@st.composite
def batches(draw: st.DrawFn) -> Batch:
    n, c, a = draw(st.integers(2, 5)), draw(st.integers(2, 4)), draw(st.integers(1, 3))
    ts, tl, k = draw(st.integers(1, 3)), draw(st.integers(3, 4)), draw(st.integers(2, 4))
    generator = torch.Generator().manual_seed(draw(st.integers(0, 2**31)))

    def normal(*shape: int) -> Tensor:
        return torch.randn(shape, generator=generator, dtype=torch.float64)

    shapes = [(n, c)] * 2 + [(a, n, c)] * 2 + [(n, c, ts), (n, c, tl)] + [(n, k)] * 2
    return Batch(*(normal(*shape) for shape in [*shapes, (n, 2, c, 2, 1), (n, 2, c, 2, 1)]))


def positions(batch: Batch) -> Tensor:
    return torch.arange(batch.short.shape[2])


def swapped_assignments(b: Batch) -> Tensor:
    return swapped_prediction(b.logits1, b.logits2, b.logits1.softmax(1), b.logits2.softmax(1))


Loss = Callable[[Batch], Tensor]
LOSSES: dict[str, Loss] = {
    'nt_xent': lambda b: nt_xent(b.z1, b.z2),
    'info_nce': lambda b: info_nce(b.z1, b.z2, b.augmented1.flatten(0, 1)),
    'cosine_prediction': lambda b: cosine_prediction(b.z1, b.z2),
    'graph_cross_entropy': lambda b: graph_cross_entropy(b.z1, b.z2, b.graph()),
    'graph, one direction': lambda b: graph_cross_entropy(
        b.z1, b.z2, b.graph(), directions='one', reduction='official'
    ),
    'motion': lambda b: motion_discrimination(b.z1, b.z2, b.augmented1, b.augmented2),
    'motion, all': lambda b: motion_discrimination(
        b.z1, b.z2, b.augmented1, b.augmented2, negatives='all'
    ),
    'timestamp': lambda b: timestamp_retrieval(b.short, b.long, positions(b)),
    'timestamp, symmetric': lambda b: timestamp_retrieval(
        b.short, b.long, positions(b), symmetric=True
    ),
}
OF_SCORES: dict[str, Loss] = {
    'swapped_prediction': swapped_assignments,
    'dense_prediction': lambda b: dense_prediction(b.maps1, b.maps2),
}
ONE_WAY = ('info_nce', 'cosine_prediction', 'graph, one direction', 'timestamp', 'dense_prediction')
SYMMETRIC = [n for n in (*LOSSES, *OF_SCORES) if not n.startswith(ONE_WAY)]


@pytest.mark.parametrize('name', LOSSES)
@settings(max_examples=25)
@given(batch=batches(), seed=st.integers(0, 2**31))
def test_the_scale_of_embeddings_plays_no_part(name, batch, seed):
    loss = LOSSES[name]
    assert torch.allclose(loss(batch.scaled(seed)), loss(batch), **TIGHT)


@pytest.mark.parametrize('name', [*LOSSES, *OF_SCORES])
@settings(max_examples=25)
@given(batch=batches(), seed=st.integers(0, 2**31))
def test_the_order_of_the_batch_plays_no_part(name, batch, seed):
    loss = (LOSSES | OF_SCORES)[name]
    order = torch.randperm(len(batch.z1), generator=torch.Generator().manual_seed(seed))
    assert torch.allclose(loss(batch.permuted(order)), loss(batch), **TIGHT)


@pytest.mark.parametrize('name', SYMMETRIC)
@settings(max_examples=25)
@given(batch=batches())
def test_which_view_comes_first_plays_no_part(name, batch):
    loss = (LOSSES | OF_SCORES)[name]
    assert torch.allclose(loss(batch.swapped()), loss(batch), **TIGHT)


@settings(max_examples=10)
@given(batch=batches())
def test_where_the_views_play_different_parts_it_shows(batch):
    """So the symmetry above is no accident of the batches."""
    swapped = replace(batch.swapped(), augmented1=batch.augmented1)
    assert not torch.allclose(LOSSES['info_nce'](swapped), LOSSES['info_nce'](batch), **TIGHT)
    graph = instance_graph(batch.z1, batch.z2, temperature=1.0, threshold=0.0)
    graph = graph / graph.sum(1, keepdim=True)
    first, second = (
        graph_cross_entropy(b.z1, b.z2, graph, directions='one') for b in (batch, swapped)
    )
    assert len(graph) == 2 or not torch.allclose(first, second, **TIGHT)


@settings(max_examples=25)
@given(batch=batches(), seed=st.integers(0, 2**31))
def test_graphs_move_with_the_batch(batch, seed):
    order = torch.randperm(len(batch.z1), generator=torch.Generator().manual_seed(seed))
    graph = batch.graph()
    assert torch.allclose(batch.permuted(order).graph(), graph[order][:, order], **TIGHT)
    assert torch.allclose(batch.swapped().graph(), graph, **TIGHT)
    assert torch.allclose(batch.scaled(seed).graph(), graph, **TIGHT)
    assert torch.allclose(graph.sum(1), torch.ones(len(graph), dtype=graph.dtype), **TIGHT)
    assert (graph >= 0).all() and (graph.diagonal() > 0).all()


@settings(max_examples=25)
@given(batch=batches(), seed=st.integers(0, 2**31), shift=st.floats(-50, 50))
def test_assignments_move_with_the_batch(batch, seed, shift):
    order = torch.randperm(len(batch.z1), generator=torch.Generator().manual_seed(seed))
    assigned = sinkhorn(batch.logits1, epsilon=0.5)
    assert torch.allclose(sinkhorn(batch.logits1[order], epsilon=0.5), assigned[order], **TIGHT)
    assert torch.allclose(sinkhorn(batch.logits1 + shift, epsilon=0.5), assigned, rtol=1e-6)
    assert torch.allclose(assigned.sum(1), torch.ones(len(assigned), dtype=assigned.dtype), **TIGHT)
