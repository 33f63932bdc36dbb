"""Eq. 6-9 against slow loops."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from mlfo_mm.models.losses import combine_graphs, instance_graph, mean_edges, semantic_graph


def slow_instance_graph(h, z1, z2, temperature, threshold, views='all'):
    num_samples = len(z1)
    w = [[0.0] * num_samples for _ in range(num_samples)]
    for i in range(num_samples):
        for j in range(num_samples):
            if i == j or views == 'first_second':
                w[i][j] = h(z1[i], z2[j], temperature)
            else:
                pairs = [(z1[i], z1[j]), (z1[i], z2[j]), (z2[i], z1[j]), (z2[i], z2[j])]
                w[i][j] = sum(h(u, v, temperature) for u, v in pairs) / 4
    graph = torch.zeros(num_samples, num_samples, dtype=torch.float64)
    for i in range(num_samples):
        for j in range(num_samples):
            share = w[i][j] / sum(w[i])
            if share >= threshold or i == j:
                graph[i, j] = share
    return graph


@pytest.mark.parametrize('views', ['all', 'first_second'])
@pytest.mark.parametrize(('temperature', 'threshold'), [(0.07, 0.05), (0.5, 0.15), (0.5, 0.0)])
def test_instance_graph_equals_the_equation(h, double, views, temperature, threshold):
    z1, z2 = double(7, 3), double(7, 3)
    expected = slow_instance_graph(h, z1, z2, temperature, threshold, views)
    graph = instance_graph(z1, z2, temperature, threshold, views)
    torch.testing.assert_close(graph, expected, atol=1e-5, rtol=0)
    assert threshold == 0 or (graph == 0).any()
    single = instance_graph(z1.float(), z2.float(), temperature, threshold, views)
    torch.testing.assert_close(single, expected.float(), atol=1e-4, rtol=0)


def test_instance_graph_defaults(double):
    z1, z2 = double(5, 3), double(5, 3)
    assert torch.equal(instance_graph(z1, z2), instance_graph(z1, z2, 0.07, 0.05, 'all'))


def test_instance_graph_is_symmetric_in_the_views(double):
    z1, z2 = double(6, 3), double(6, 3)
    torch.testing.assert_close(instance_graph(z2, z1), instance_graph(z1, z2))
    order = torch.randperm(6)
    expected = instance_graph(z1, z2)[order][:, order]
    torch.testing.assert_close(instance_graph(z1[order] * 9, z2[order]), expected)


def test_self_edge_is_kept_below_the_threshold_and_below_underflow():
    # The views of each sample are opposite: the self-edge's share is e^-200 of the row at most.
    z1 = torch.tensor([[1.0, 0.0], [0.0, 1.0], [1.0, 0.1]])
    graph = instance_graph(z1, -z1, temperature=0.01)
    assert (graph.diagonal() > 0).all()
    semantic = torch.eye(3)
    torch.testing.assert_close(combine_graphs(graph, semantic), torch.eye(3))


def test_a_share_of_just_the_threshold_is_an_edge():
    ones = torch.ones(4, 3)
    graph = instance_graph(ones, ones, threshold=0.25, views='first_second')
    assert torch.equal(graph, torch.full((4, 4), 0.25))


def test_semantic_graph_equals_the_equation(double):
    targets1, targets2 = double(8, 3).softmax(1), double(8, 3).softmax(1)
    labels = []
    for first, second in zip(targets1.tolist(), targets2.tolist(), strict=True):
        summed = [a + b for a, b in zip(first, second, strict=True)]
        labels.append(summed.index(max(summed)))
    expected = [[float(a == b) for b in labels] for a in labels]
    assert semantic_graph(targets1, targets2).tolist() == expected
    assert 0 < semantic_graph(targets1, targets2).mean() < 1


def test_semantic_graph_uses_both_views():
    # View 1 alone would join samples 0 and 1, view 2 alone samples 1 and 2; the sum joins 0 and 2.
    targets1 = torch.tensor([[0.6, 0.4], [0.6, 0.4], [0.1, 0.9]])
    targets2 = torch.tensor([[0.1, 0.9], [0.9, 0.1], [0.6, 0.4]])
    assert semantic_graph(targets1, targets2).tolist() == [[1, 0, 1], [0, 1, 0], [1, 0, 1]]


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000), num_samples=st.integers(2, 7), num_prototypes=st.integers(2, 4))
def test_combined_graph_equals_the_equation(seed, num_samples, num_prototypes):
    generator = torch.Generator().manual_seed(seed)
    z = torch.randn(2, num_samples, 3, dtype=torch.float64, generator=generator)
    targets = torch.rand(2, num_samples, num_prototypes, generator=generator)
    instance, semantic = instance_graph(*z, 0.3), semantic_graph(*targets)
    graph = combine_graphs(instance, semantic)
    for i in range(num_samples):
        products = [instance[i, j].item() * semantic[i, j].item() for j in range(num_samples)]
        expected = [product / sum(products) for product in products]
        assert graph[i].tolist() == pytest.approx(expected, abs=1e-5)
    torch.testing.assert_close(graph.sum(1), torch.ones(num_samples, dtype=torch.float64))


def test_a_row_without_edges_becomes_the_self_edge():
    instance = torch.tensor([[0.0, 2.0], [1.0, 3.0]])
    semantic = torch.tensor([[1.0, 0.0], [1.0, 1.0]])
    assert combine_graphs(instance, semantic).tolist() == [[1, 0], [0.25, 0.75]]


def test_mean_edges():
    assert mean_edges(torch.eye(4)) == 1
    assert mean_edges(torch.tensor([[0.5, 0.5], [0.0, 1.0]])) == 1.5


def test_no_gradient():
    z, targets = torch.randn(4, 3, requires_grad=True), torch.rand(4, 3, requires_grad=True)
    graphs = instance_graph(z, z), semantic_graph(targets, targets)
    assert not any(graph.requires_grad for graph in (*graphs, combine_graphs(*graphs)))


@pytest.mark.parametrize('dtype', [torch.float16, torch.bfloat16])
def test_finite_in_half_precision_at_low_temperature(dtype):
    z = torch.randn(2, 6, 4, generator=torch.Generator().manual_seed(0)).to(dtype)
    for pair in (z, torch.ones_like(z), z[:, [0, 0, 1, 1, 2, 2]], torch.stack([z[0], -z[0]])):
        graph = instance_graph(*pair, temperature=0.01)
        assert graph.dtype == torch.float32 and graph.isfinite().all()
        assert (graph.diagonal() > 0).all()


def test_errors():
    z = torch.ones(3, 4)
    with pytest.raises(ValueError, match='instance_graph needs at least 2 samples'):
        instance_graph(z[:1], z[:1])
    with pytest.raises(ValueError, match='views must be one of all, first_second'):
        instance_graph(z, z, views='both')
    with pytest.raises(ValueError, match='at least 2 prototypes, got 1'):
        semantic_graph(torch.ones(3, 1), torch.ones(3, 1))
    square, wide, deep = torch.eye(3), torch.ones(3, 4), torch.ones(2, 2, 2)
    for pair in ((square, torch.eye(4)), (square, wide), (wide, wide), (deep, deep)):
        with pytest.raises(ValueError, match=r'same shape \(N, N\)'):
            combine_graphs(*pair)
