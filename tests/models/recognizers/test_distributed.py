"""One process against two and four gloo processes with the same batch in all, gradients included."""

from __future__ import annotations

import multiprocessing
from pathlib import Path

import pytest
import torch
import torch.distributed as dist
import torch.multiprocessing as mp
from torch import nn
from torch.nn.parallel import DistributedDataParallel

from mlfo_mm.models.utils import gather_with_grad
from tests.methods import CASES, Case, every_method

pytestmark = pytest.mark.slow
BATCH, RANKS, STEPS = 4, (2, 4), 2
# in training, batch norm over all processes: with queue, momentum encoder, classifier, and none
SYNCED = [case for case in CASES if case.name in ('mlfo', 'moco', 'byol', 'temptrans')]


class SyncedNorm(nn.Module):
    """Stands for SyncBatchNorm, which needs a GPU: mean and variance of all processes together."""

    def __init__(self, norm: nn.modules.batchnorm._BatchNorm) -> None:
        super().__init__()
        self.eps, self.momentum = norm.eps, norm.momentum
        self.weight, self.bias = norm.weight, norm.bias
        for name, buffer in norm.named_buffers():
            self.register_buffer(name, buffer)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        axes = [0, *range(2, x.ndim)]
        shape = (1, -1, *[1] * (x.ndim - 2))
        whole = gather_with_grad(x)
        mean, var = whole.mean(axes), whole.var(axes, correction=0)
        with torch.no_grad():
            self.num_batches_tracked += 1
            self.running_mean.lerp_(mean, self.momentum)
            self.running_var.lerp_(whole.var(axes), self.momentum)
        out = (x - mean.view(shape)) / (var.view(shape) + self.eps).sqrt()
        return out if self.weight is None else out * self.weight.view(shape) + self.bias.view(shape)


def synchronise(model: nn.Module) -> nn.Module:
    for name, child in model.named_children():
        if isinstance(child, nn.modules.batchnorm._BatchNorm):
            setattr(model, name, SyncedNorm(child))
        else:
            synchronise(child)
    return model


def build(case: Case, training: bool = False):
    model = case.model(case.alike).double()
    model.set_epoch(1, 1)
    for module in model.modules():
        if isinstance(module, nn.Dropout):
            module.p = 0.0
    return model.train(training)  # else batch norm is frozen


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
    jobs = [(case, False) for case in CASES] + [(case, True) for case in SYNCED if ranks == 2]
    for case, training in jobs:
        model = synchronise(build(case, True)) if training else build(case)
        model = DistributedDataParallel(model, find_unused_parameters=True)
        steps = torch.load(f'{folder}/{case.name}.pt', weights_only=False)
        result = train(model, [(inputs[own], samples[own]) for inputs, samples in steps])
        kind = '_synced' if training else ''
        torch.save(result, f'{folder}/{case.name}{kind}_{rank}_of_{ranks}.pt')
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


def assert_same(path: Path, one: dict[str, torch.Tensor]) -> None:
    several = torch.load(path, weights_only=True)
    assert several.keys() == one.keys()
    for key, value in one.items():
        torch.testing.assert_close(
            several[key],
            value,
            rtol=1e-5,
            atol=1e-9,
            msg=lambda m, key=key: f'{path.stem} {key}: {m}',
        )


@every_method
def test_several_processes_equal_one(case, processes):
    one = train(build(case), torch.load(processes / f'{case.name}.pt', weights_only=False))
    assert len([key for key in one if key.startswith('backbone.')]) > 60
    for ranks in RANKS:
        for rank in range(ranks):
            assert_same(processes / f'{case.name}_{rank}_of_{ranks}.pt', one)


@pytest.mark.parametrize('case', SYNCED, ids=lambda case: case.name)
def test_several_processes_equal_one_with_batch_norm_over_all(case, processes):
    steps = torch.load(processes / f'{case.name}.pt', weights_only=False)
    one = train(build(case, training=True), steps)
    for rank in range(2):
        assert_same(processes / f'{case.name}_synced_{rank}_of_2.pt', one)
