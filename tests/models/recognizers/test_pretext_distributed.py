"""Pace with its contrast in one process with batch 2B against two gloo processes with batch B."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
import torch.distributed as dist
import torch.multiprocessing as mp
from mmaction.registry import MODELS
from mmaction.structures import ActionDataSample
from torch.nn.parallel import DistributedDataParallel

import mlfo_mm  # noqa: F401  (a spawned process imports only this module)
from mlfo_mm.engine.config import load_config

REPO = Path(__file__).resolve().parents[3]
PER_RANK, RANKS = 2, 2


def build() -> torch.nn.Module:
    torch.manual_seed(0)
    configs = REPO / 'configs/pace'
    config = load_config(f'{configs}/r3d18_smoke.py+{configs}/ablations/contrast.py').model
    return MODELS.build(config).double().eval()  # batch norm frozen


def result(model: torch.nn.Module, part: slice) -> dict[str, torch.Tensor]:
    """Loss, averaged over the processes, and gradients of a part of the batch."""
    generator = torch.Generator().manual_seed(0)
    shape = (RANKS * PER_RANK, 2, 3, 8, 32, 32)
    inputs = torch.randn(shape, dtype=torch.float64, generator=generator)
    labels = np.arange(RANKS * PER_RANK * 2).reshape(-1, 2, 1) % 4
    samples = [ActionDataSample().set_gt_label(label) for label in labels]
    logs = model(inputs[part], samples[part], mode='loss')
    loss = logs['loss_pace'] + logs['loss_contrast']
    loss.backward()
    mean = loss.detach().clone()
    if dist.is_initialized():
        dist.all_reduce(mean)
        mean /= RANKS
    parameters = getattr(model, 'module', model).named_parameters()
    return {'loss': mean} | {name: p.grad for name, p in parameters}


def worker(rank: int, folder: str) -> None:
    torch.set_num_threads(1)
    dist.init_process_group(
        'gloo', init_method=f'file://{folder}/store', rank=rank, world_size=RANKS
    )
    model = DistributedDataParallel(build())
    found = result(model, slice(rank * PER_RANK, (rank + 1) * PER_RANK))
    if rank == 0:
        torch.save(found, f'{folder}/result.pt')
    del model  # or gloo's threads and its destructor can wait for each other
    dist.barrier()
    dist.destroy_process_group()


def test_two_processes_equal_one(tmp_path):
    mp.spawn(worker, args=(str(tmp_path),), nprocs=RANKS)
    two = torch.load(tmp_path / 'result.pt', weights_only=True)
    one = result(build(), slice(None))
    assert two.keys() == one.keys() and len(one) > 60
    for name, value in one.items():
        torch.testing.assert_close(two[name], value, msg=lambda text, name=name: f'{name}: {text}')
