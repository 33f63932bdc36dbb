"""One process with batch 2B against two gloo processes with batch B."""

from __future__ import annotations

import pytest
import torch
import torch.distributed as dist
import torch.multiprocessing as mp
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from mlfo_mm.models.losses import (
    combine_graphs,
    graph_cross_entropy,
    instance_graph,
    motion_discrimination,
    nt_xent,
    semantic_graph,
    sinkhorn,
    swapped_prediction,
    timestamp_retrieval,
)
from mlfo_mm.models.utils import gather_all, gather_with_grad

PER_RANK, NUM_RANKS, DIM = 3, 2, 4


def make_net() -> nn.Linear:
    torch.manual_seed(0)
    return nn.Linear(5, DIM * 6 + 3).double()


def make_batch() -> Tensor:
    generator = torch.Generator().manual_seed(1)
    return torch.randn(
        NUM_RANKS * PER_RANK, 2, 5, dtype=torch.float64, generator=generator
    )  # (N, views, features)


def global_loss(net: nn.Module, batch: Tensor) -> Tensor:
    """All objectives on one batch of (N, 2, 5); collectives are no-ops in a single process."""
    outputs = net(batch.flatten(0, 1)).reshape(*batch.shape[:2], -1)  # (N, 2, features)
    embeddings, motion, short, scores = outputs.split([DIM * 2, DIM * 2, DIM * 2, 3], dim=2)
    embeddings, motion, scores = gather_all([embeddings, motion, scores])
    z1, z2 = embeddings[..., :DIM].unbind(1)
    targets = [sinkhorn(view) for view in scores.unbind(1)]
    graph = combine_graphs(instance_graph(z1, z2, 0.5), semantic_graph(*targets))
    m, augmented = motion.split(DIM, dim=2)
    clips = short.unflatten(2, (DIM, 2))  # (N, 2, C, T), not gathered: samples do not interact
    return (
        nt_xent(z1, z2, 0.2)
        + swapped_prediction(*scores.unbind(1), *targets)
        + graph_cross_entropy(*embeddings[..., DIM:].unbind(1), graph, 0.2)
        + motion_discrimination(*m.unbind(1), *(a[None] for a in augmented.unbind(1)), 0.2, 'all')
        + timestamp_retrieval(*clips.unbind(1), torch.arange(2), 0.2)
    )


def local_anchor_loss(net: nn.Module, batch: Tensor) -> Tensor:
    """Each rank's own queries against the gathered keys, mean over its own queries."""
    outputs = net(batch.flatten(0, 1)).reshape(*batch.shape[:2], -1)
    queries, keys = outputs.unbind(1)
    rank = dist.get_rank() if dist.is_initialized() else 0
    logits = queries @ gather_with_grad(keys).mT
    targets = torch.arange(len(queries)) + rank * len(queries)
    return nn.functional.cross_entropy(logits, targets)


LOSSES = {'global': global_loss, 'local_anchor': local_anchor_loss}


def worker(rank: int, folder: str) -> None:
    torch.set_num_threads(1)
    store = f'file://{folder}/store'
    dist.init_process_group('gloo', init_method=store, rank=rank, world_size=NUM_RANKS)
    batch = make_batch()[rank * PER_RANK : (rank + 1) * PER_RANK]
    results = {}
    for name, loss_function in LOSSES.items():
        net = DistributedDataParallel(make_net())
        loss = loss_function(net, batch)
        loss.backward()
        mean = loss.detach().clone()
        dist.all_reduce(mean)
        gradients = [p.grad.clone() for p in net.module.parameters()]
        results[name] = loss.detach(), mean / NUM_RANKS, gradients
    mixed = [
        torch.full((2,), rank, dtype=torch.float64),
        torch.full((2, 3, 2), rank + 0.5).bfloat16(),
    ]
    results['mixed'] = gather_all(mixed)
    results['single'] = gather_with_grad(torch.tensor([[rank]]))
    torch.save(results, f'{folder}/{rank}.pt')
    # A process group that dies with a DDP object while gloo's threads still release a tensor waits
    # for them with the GIL held, and they wait for the GIL: free the object and let them finish.
    del net, loss
    dist.barrier()
    dist.destroy_process_group()


@pytest.fixture(scope='module')
def two_processes(tmp_path_factory) -> list[dict]:
    folder = tmp_path_factory.mktemp('gather')
    mp.start_processes(worker, args=(str(folder),), nprocs=NUM_RANKS, start_method='spawn')
    return [torch.load(folder / f'{rank}.pt') for rank in range(NUM_RANKS)]


@pytest.mark.parametrize('name', LOSSES)
def test_two_processes_equal_one(two_processes, name):
    net = make_net()
    expected = LOSSES[name](net, make_batch())
    expected.backward()
    for results in two_processes:
        _, mean, gradients = results[name]
        torch.testing.assert_close(mean, expected.detach(), atol=1e-5, rtol=0)
        for gradient, parameter in zip(gradients, net.parameters(), strict=True):
            torch.testing.assert_close(gradient, parameter.grad, atol=1e-5, rtol=0)
            assert gradient.abs().max() > 1e-3


def test_shape_type_and_rank_order(two_processes):
    for results in two_processes:
        assert results['single'].tolist() == [[0], [1]]
        first, second = results['mixed']
        assert first.dtype == torch.float64 and first.tolist() == [0, 0, 1, 1]
        assert second.dtype == torch.bfloat16 and second.shape == (4, 3, 2)
        assert (second[:2] == 0.5).all() and (second[2:] == 1.5).all()


def test_one_process_is_a_no_op():
    x, y = torch.randn(3, 2, requires_grad=True), torch.randn(3, 4)
    assert gather_with_grad(x) is x
    gathered = gather_all([x, y])
    assert gathered[0] is x and gathered[1] is y
    assert gather_all([]) == []


def test_batches_of_different_size_are_refused():
    with pytest.raises(ValueError, match=r'same batch size, got \[2, 3\]'):
        gather_all([torch.ones(2, 1), torch.ones(3, 1)])
