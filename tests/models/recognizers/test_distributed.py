"""One process against two and four gloo processes with the same batch in all, gradients included."""

from __future__ import annotations

import multiprocessing
from pathlib import Path

import pytest
import torch
import torch.distributed as dist
import torch.multiprocessing as mp
from torch.nn.parallel import DistributedDataParallel

from tests.methods import CASES, Case, every_method

pytestmark = pytest.mark.slow
BATCH, RANKS, STEPS = 4, (2, 4), 2


def build(case: Case):
    model = case.model(case.alike).double()
    model.set_epoch(1, 1)
    return model.eval()  # batch norm frozen, no dropout


def batches(case: Case, root: Path) -> list[tuple[torch.Tensor, list]]:
    """For each step clips of random numbers in the shape that the run has, and its labels."""
    clips, samples = case.feed(root, BATCH)
    generator = torch.Generator().manual_seed(0)
    noise = torch.randn(STEPS, *clips.shape, dtype=torch.float64, generator=generator)
    return [(each, samples) for each in noise]


def train(model, steps) -> dict[str, torch.Tensor]:
    """Loss and gradients of the second step, and buffers: by then queues hold the first one's."""
    whole = getattr(model, 'module', model)
    for inputs, samples in steps:
        model.zero_grad()
        logs = model(inputs, samples, mode='loss')
        loss = sum(value for key, value in logs.items() if key.startswith('loss_'))
        loss.backward()
    mean = loss.detach().clone()
    if dist.is_initialized():
        dist.all_reduce(mean)
        mean /= dist.get_world_size()
    gradients = {key: p.grad for key, p in whole.named_parameters() if p.grad is not None}
    return {'loss': mean} | gradients | dict(whole.named_buffers())


def worker(rank: int, folder: str, ranks: int) -> None:
    torch.set_num_threads(1)
    store = f'file://{folder}/store_{ranks}'
    dist.init_process_group('gloo', init_method=store, rank=rank, world_size=ranks)
    share = BATCH // ranks
    own = slice(rank * share, (rank + 1) * share)
    for case in CASES:
        model = DistributedDataParallel(build(case), find_unused_parameters=True)
        steps = torch.load(f'{folder}/{case.name}.pt', weights_only=False)
        result = train(model, [(inputs[own], samples[own]) for inputs, samples in steps])
        torch.save(result, f'{folder}/{case.name}_{rank}_of_{ranks}.pt')
        del model  # or gloo's threads and its destructor can wait for each other
    dist.barrier()
    dist.destroy_process_group()


@pytest.fixture(scope='module')
def processes(tmp_path_factory, digits_root) -> Path:
    """What all methods are fed, ``<name>.pt``, and results: ``<name>_<rank>_of_<ranks>.pt``."""
    folder = tmp_path_factory.mktemp('processes')
    for case in CASES:
        torch.save(batches(case, digits_root), folder / f'{case.name}.pt')
    # a server that has imported torch once, and has run no threads, forks all of them
    multiprocessing.set_forkserver_preload([__name__])
    for ranks in RANKS:
        mp.start_processes(worker, (str(folder), ranks), ranks, start_method='forkserver')
    return folder


@every_method
def test_several_processes_equal_one(case, processes):
    one = train(build(case), torch.load(processes / f'{case.name}.pt', weights_only=False))
    assert len([key for key in one if key.startswith('backbone.')]) > 60
    for ranks in RANKS:
        for rank in range(ranks):
            path = processes / f'{case.name}_{rank}_of_{ranks}.pt'
            several = torch.load(path, weights_only=True)
            assert several.keys() == one.keys()
            for key, value in one.items():
                torch.testing.assert_close(
                    several[key],
                    value,
                    rtol=1e-5,
                    atol=1e-9,
                    msg=lambda m, key=key, path=path: f'{path.stem} {key}: {m}',
                )
