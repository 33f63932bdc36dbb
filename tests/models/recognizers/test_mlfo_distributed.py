"""MLFO in one process with batch 2B against two gloo processes with batch B, gradients included."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
import torch.distributed as dist
import torch.multiprocessing as mp
from mmaction.registry import MODELS
from torch.nn.parallel import DistributedDataParallel

import mlfo_mm  # noqa: F401  (a spawned process imports only this module)
from mlfo_mm.engine.config import load_config

REPO = Path(__file__).resolve().parents[3]
PER_RANK, RANKS, STEPS = 2, 2, 2
CTM = f'r3d18_smoke.py+{REPO}/configs/mlfo/ablations/ctm.py'
FRAMES = {'r3d18_smoke.py': 8, 'official/r3d18_k400.py': 16, CTM: 8}


def build(variant: str):
    torch.manual_seed(0)
    config = load_config(f'{REPO}/configs/mlfo/{variant}').model
    config.backbone.base_channels = 4
    config.embedding_dim = 8
    config.prototypes.update(num_prototypes=6, queue_size=6, queue_begin_epoch=0, freeze_epochs=0)
    config.augmentations = ('reverse',)  # shuffling draws numbers, in each process its own
    model = MODELS.build(config).double()
    model.set_epoch(1, 1)
    return model.eval()  # batch norm frozen


def batch(step: int, frames: int) -> torch.Tensor:
    generator = torch.Generator().manual_seed(step)
    return torch.randn(
        RANKS * PER_RANK, 3, 3, frames, 32, 32, dtype=torch.float64, generator=generator
    )


def train(model, inputs_of) -> dict[str, torch.Tensor]:
    """Loss and gradients of the second step: by then the queue holds the first one's scores."""
    for step in range(STEPS):
        model.zero_grad()
        logs = model(inputs_of(step), mode='loss')
        loss = sum(value for key, value in logs.items() if key.startswith('loss_'))
        loss.backward()
    mean = loss.detach().clone()
    if dist.is_initialized():
        dist.all_reduce(mean)
        mean /= RANKS
    parameters = getattr(model, 'module', model).named_parameters()
    return {'loss': mean} | {name: p.grad for name, p in parameters if p.grad is not None}


def worker(rank: int, variant: str, folder: str) -> None:
    torch.set_num_threads(1)
    dist.init_process_group(
        'gloo', init_method=f'file://{folder}/store', rank=rank, world_size=RANKS
    )
    model = DistributedDataParallel(build(variant), find_unused_parameters=True)
    own = slice(rank * PER_RANK, (rank + 1) * PER_RANK)
    result = train(model, lambda step: batch(step, FRAMES[variant])[own])
    if rank == 0:
        torch.save(result, f'{folder}/result.pt')
    del model  # or gloo's threads and its destructor can wait for each other
    dist.barrier()
    dist.destroy_process_group()


@pytest.mark.parametrize('variant', FRAMES)
def test_two_processes_equal_one(variant, tmp_path):
    mp.spawn(worker, args=(variant, str(tmp_path)), nprocs=RANKS)
    two = torch.load(tmp_path / 'result.pt', weights_only=True)
    one = train(build(variant), lambda step: batch(step, FRAMES[variant]))
    assert two.keys() == one.keys()
    assert len(one) > 60
    for name, value in one.items():
        torch.testing.assert_close(
            two[name], value, rtol=1e-5, atol=1e-9, msg=lambda m, n=name: f'{n}: {m}'
        )
