"""Eq. 10 against slow loops, and the graphs of the Module."""

from __future__ import annotations

import math

import pytest
import torch
from mmaction.registry import MODELS

from mlfo_mm.models.losses import (
    GraphConstraintLoss,
    combine_graphs,
    graph_cross_entropy,
    instance_graph,
    nt_xent,
    semantic_graph,
)


def slow_graph_cross_entropy(h, z1, z2, graph, temperature):
    views, num_samples, total = (z1, z2), len(z1), 0.0
    for i in range(num_samples):
        for a in (0, 1):
            mass = []
            for j in range(num_samples):
                if j == i:
                    mass.append(h(views[a][i], views[1 - a][i], temperature))
                else:
                    mass.append(sum(h(views[a][i], views[b][j], temperature) for b in (0, 1)))
            for j in range(num_samples):
                total -= graph[i, j].item() * math.log(mass[j] / sum(mass))
    return total / (2 * num_samples)


def slow_one_direction(h, z1, z2, graph, temperature):
    num_samples, total = len(z1), 0.0
    for i in range(num_samples):
        mass = [h(z1[i], z2[j], temperature) for j in range(num_samples)]
        for j in range(num_samples):
            total -= graph[i, j].item() * math.log(mass[j] / sum(mass))
    return total / num_samples


@pytest.fixture
def inputs(double):
    return double(5, 6), double(5, 6), double(5, 5).softmax(1)


@pytest.mark.parametrize('temperature', [0.07, 0.5])
def test_equals_the_equation(h, inputs, temperature):
    expected = slow_graph_cross_entropy(h, *inputs, temperature)
    assert graph_cross_entropy(*inputs, temperature).item() == pytest.approx(expected, abs=1e-5)


def test_official_forms(h, inputs):
    expected = slow_one_direction(h, *inputs, 0.2)
    loss = graph_cross_entropy(*inputs, 0.2, directions='one')
    assert loss.item() == pytest.approx(expected, abs=1e-5)
    loss = graph_cross_entropy(*inputs, 0.2, directions='one', reduction='official')
    assert loss.item() == pytest.approx(expected / 5, abs=1e-5)
    both = graph_cross_entropy(*inputs, 0.2, reduction='official')
    torch.testing.assert_close(both * 5, graph_cross_entropy(*inputs, 0.2))


def test_identity_graph_is_instance_discrimination(inputs):
    z1, z2, _ = inputs
    torch.testing.assert_close(graph_cross_entropy(z1, z2, torch.eye(5)), nt_xent(z1, z2))


def test_symmetries(inputs):
    z1, z2, graph = inputs
    loss = graph_cross_entropy(z1, z2, graph)
    torch.testing.assert_close(graph_cross_entropy(z2, z1, graph), loss)
    order = torch.tensor([3, 1, 4, 0, 2])
    shuffled = graph_cross_entropy(z1[order] * 5, z2[order], graph[order][:, order])
    torch.testing.assert_close(shuffled, loss)
    assert (graph_cross_entropy(z1, z2, graph.T) - loss).abs() > 1e-3


def test_gradient_flows_into_the_embeddings_only(inputs):
    z1, z2, graph = (x.clone().requires_grad_() for x in inputs)
    graph_cross_entropy(z1, z2, graph).backward()
    assert z1.grad.abs().sum() > 0 and z2.grad.abs().sum() > 0
    assert graph.grad is None
    assert torch.autograd.gradcheck(
        lambda a, b: graph_cross_entropy(a, b, inputs[2], 0.5), (z1, z2)
    )


@pytest.mark.parametrize('directions', ['both', 'one'])
@pytest.mark.parametrize('dtype', [torch.float16, torch.bfloat16])
def test_finite_in_half_precision_at_low_temperature(directions, dtype):
    z = torch.randn(4, 8, generator=torch.Generator().manual_seed(0))
    for first, second in ((z, z.flip(0)), (z, -z), (torch.ones(2, 8), torch.ones(2, 8))):
        first, second = first.to(dtype).requires_grad_(), second.to(dtype).requires_grad_()
        graph = torch.eye(len(first)).to(dtype)
        loss = graph_cross_entropy(first, second, graph, 0.01, directions)
        loss.backward()
        assert loss.dtype == torch.float32 and loss.isfinite()
        assert first.grad.isfinite().all() and second.grad.isfinite().all()


def test_module_builds_the_graph_of_its_kind(double):
    z1, z2 = double(6, 3), double(6, 3)
    targets1, targets2 = double(6, 2).softmax(1), double(6, 2).softmax(1)
    instance = instance_graph(z1, z2, 0.3, 0.1)
    semantic = semantic_graph(targets1, targets2)
    expected = {
        'combined': combine_graphs(instance, semantic),
        'instance': instance / instance.sum(1, keepdim=True),
        'semantic': semantic / semantic.sum(1, keepdim=True),
        'one_hot': torch.eye(6, dtype=torch.float64),
    }
    assert len({tuple(graph.flatten().tolist()) for graph in expected.values()}) == 4
    for kind, graph in expected.items():
        module = MODELS.build(
            dict(type='GraphConstraintLoss', temperature=0.3, threshold=0.1, kind=kind)
        )
        built = module.build_graph(z1, z2, targets1, targets2)
        torch.testing.assert_close(built.double(), graph)


def test_module_passes_its_options_on(inputs, double):
    module = GraphConstraintLoss(
        0.2, views='first_second', directions='one', reduction='official', loss_weight=0.3
    )
    expected = 0.3 * graph_cross_entropy(*inputs, 0.2, 'one', 'official')
    torch.testing.assert_close(module(*inputs), expected)
    targets = torch.ones(5, 2, dtype=torch.float64)  # one prototype: the instance graph is left
    instance = instance_graph(inputs[0], inputs[1], 0.2, 0.05, 'first_second')
    torch.testing.assert_close(
        module.build_graph(inputs[0], inputs[1], targets, targets),
        instance / instance.sum(1, keepdim=True),
    )


def test_errors(inputs):
    z1, z2, graph = inputs
    with pytest.raises(ValueError, match=r'graph of shape \(5, 5\) for 5 samples, got \(4, 4\)'):
        graph_cross_entropy(z1, z2, graph[:4, :4])
    with pytest.raises(ValueError, match='at least 2 samples'):
        graph_cross_entropy(z1[:1], z2[:1], graph[:1, :1])
    with pytest.raises(ValueError, match='directions must be one of both, one'):
        graph_cross_entropy(z1, z2, graph, directions='two')
    with pytest.raises(ValueError, match='reduction must be one of mean, official'):
        GraphConstraintLoss(reduction='sum')
    with pytest.raises(ValueError, match='kind must be one of combined, instance, semantic'):
        GraphConstraintLoss(kind='both')
