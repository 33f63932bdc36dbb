"""Part 4: as many processes as there are GPUs compute what one does, batch norm over all of them included."""

from __future__ import annotations

from datetime import timedelta
from unittest import mock

import torch
import torch.distributed as dist
from gpu.report import Report, Setting, built, within
from torch import Tensor, multiprocessing, nn
from torch.nn.parallel import DistributedDataParallel

from mlfo_mm.engine.config import load_config

EACH = 2  # samples of a process
TOLERANCE = 1e-3
RUN = 'simclr/r3d18@smoke'


def main(report: Report, setting: Setting) -> None:
    """Gradients and SyncBN."""
    ranks = torch.cuda.device_count() if setting.device == 'cuda' else 1
    with report.check(f'{ranks} processes equal one') as values:
        values |= dict(backend='nccl' if setting.device == 'cuda' else 'gloo', processes=ranks)
        store = f'file://{setting.folder}/store'
        if ranks == 1:
            work(0, 1, store, setting.device)
        else:
            multiprocessing.spawn(work, (ranks, store, setting.device), ranks)


def work(rank: int, ranks: int, store: str, device: str) -> None:
    """One process; raises :class:`Wrong` where its results differ from those of one process."""
    place = torch.device(device, rank) if device == 'cuda' else torch.device(device)
    if device == 'cuda':
        torch.cuda.set_device(place)
    dist.init_process_group(
        'nccl' if device == 'cuda' else 'gloo',
        init_method=store,
        rank=rank,
        world_size=ranks,
        timeout=timedelta(seconds=60),
    )
    try:
        config = load_config(RUN)
        torch.manual_seed(0)
        size = config.crop_size
        clips = torch.randn(EACH * ranks, 2, 3, config.clip_len, size, size).to(place)
        own = clips[rank * EACH : (rank + 1) * EACH]
        several = built(config, str(place))
        if device == 'cuda':  # SyncBatchNorm has no CPU form
            several = nn.SyncBatchNorm.convert_sync_batchnorm(several)
        ids = [rank] if device == 'cuda' else None
        wrapped = DistributedDataParallel(several, device_ids=ids, find_unused_parameters=True)
        found = gradients(wrapped, several, own)
        if rank == 0:
            alone = built(config, str(place))
            wanted = without_processes(alone, clips)
            for name, value in wanted.items():
                within(float(found[name].norm()), float(value.norm()), TOLERANCE, name)
        dist.barrier()
    finally:
        dist.destroy_process_group()


def gradients(called: nn.Module, model: nn.Module, clips: Tensor) -> dict[str, Tensor]:
    """Of the first and the last trained layer, and a running mean of batch norm."""
    loss, _ = model.parse_losses(called(clips, mode='loss'))
    loss.backward()
    found = {k: p.grad for k, p in model.named_parameters() if p.grad is not None and p.ndim > 1}
    first, *_, last = found
    mean = next(k for k, _ in model.named_buffers() if k.endswith('running_mean'))
    return {key: found[key] for key in (first, last)} | {mean: model.get_buffer(mean)}


def without_processes(model: nn.Module, clips: Tensor) -> dict[str, Tensor]:
    """The same of one process, which gathers from nobody."""
    with mock.patch('mlfo_mm.models.utils.gather.get_world_size', lambda: 1):
        return gradients(model, model, clips)
