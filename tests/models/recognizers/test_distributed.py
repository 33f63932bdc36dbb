"""One process against two and four gloo processes with the same batch in all, gradients included."""

from __future__ import annotations

import multiprocessing
from pathlib import Path

import pytest
import torch
import torch.distributed as dist
import torch.multiprocessing as mp
from mmaction.registry import MODELS
from mmaction.structures import ActionDataSample
from torch.nn.parallel import DistributedDataParallel

from mlfo_mm.engine.config import load_config

REPO = Path(__file__).resolve().parents[3]
BATCH, RANKS, STEPS = 4, (2, 4), 2
MLFO = {
    'embedding_dim': 8,
    'augmentations': ('reverse',),  # shuffling draws numbers, in each process its own
    'prototypes': dict(num_prototypes=6, queue_size=6, queue_begin_epoch=0, freeze_epochs=0),
}
PACE = f'pace/r3d18_smoke.py+{REPO}/configs/pace/ablations/contrast.py'
# config, clip length and views of its input, changes of the model
SETTINGS = {
    'mlfo': ('mlfo/r3d18_smoke.py', 8, 3, MLFO),
    'mlfo_official': ('mlfo/official/r3d18_k400.py', 16, 3, MLFO),
    'mlfo_ctm': (f'mlfo/r3d18_smoke.py+{REPO}/configs/mlfo/ablations/ctm.py', 8, 3, MLFO),
    'pace_contrast': (PACE, 8, 2, {}),
    'simclr_cvrl': ('simclr/cvrl/r3d18_smoke.py', 8, 2, {}),
    'moco': ('moco/r3d18_smoke.py', 8, 2, dict(queue_size=6)),
    'byol': ('byol/r3d18_smoke.py', 8, 2, {}),
    'memdpc': ('memdpc/r3d18_smoke.py', 4, 5, {}),
    'swav': (
        'swav/r3d18_smoke.py',
        8,
        2,
        dict(queue_size=4, queue_begin_epoch=0, prototypes=dict(freeze_epochs=0)),
    ),
}


def build(name: str):
    torch.manual_seed(0)
    path, _, _, changes = SETTINGS[name]
    config = load_config(f'{REPO}/configs/{path}').model
    config.backbone.base_channels = 4
    for key, value in changes.items():
        if isinstance(value, dict):
            config[key].update(value)
        else:
            config[key] = value
    model = MODELS.build(config).double()
    model.set_epoch(1, 1)
    return model.eval()  # batch norm frozen


def batch(name: str, step: int) -> torch.Tensor:
    _, frames, views, _ = SETTINGS[name]
    generator = torch.Generator().manual_seed(step)
    return torch.randn(BATCH, views, 3, frames, 32, 32, dtype=torch.float64, generator=generator)


def train(model, inputs_of) -> dict[str, torch.Tensor]:
    """Loss and gradients of the second step, and buffers: by then queues hold the first one's."""
    whole = getattr(model, 'module', model)
    for step in range(STEPS):
        model.zero_grad()
        inputs = inputs_of(step)
        labels = torch.tensor([[0], [3]])  # of the two clips, for those who read one
        samples = [ActionDataSample().set_gt_label(labels) for _ in inputs]
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
    for name in SETTINGS:
        model = DistributedDataParallel(build(name), find_unused_parameters=True)
        result = train(model, lambda step, name=name: batch(name, step)[own])
        torch.save(result, f'{folder}/{name}_{rank}_of_{ranks}.pt')
        del model  # or gloo's threads and its destructor can wait for each other
    dist.barrier()
    dist.destroy_process_group()


@pytest.fixture(scope='module')
def processes(tmp_path_factory) -> Path:
    """Results of all settings: ``<setting>_<rank>_of_<ranks>.pt``."""
    folder = tmp_path_factory.mktemp('processes')
    # a server that has imported torch once, and has run no threads, forks all of them
    multiprocessing.set_forkserver_preload([__name__])
    for ranks in RANKS:
        mp.start_processes(worker, (str(folder), ranks), ranks, start_method='forkserver')
    return folder


@pytest.mark.parametrize('name', SETTINGS)
def test_several_processes_equal_one(name, processes):
    one = train(build(name), lambda step: batch(name, step))
    assert len([key for key in one if key.startswith('backbone.')]) > 60
    for ranks in RANKS:
        for rank in range(ranks):
            path = processes / f'{name}_{rank}_of_{ranks}.pt'
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
