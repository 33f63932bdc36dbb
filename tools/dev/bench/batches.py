"""Batches of the training pipeline, from drawn videos."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from mlfo_mm.datasets import VideoListDataset

import torch
from clips import videos
from mmengine.config import Config
from mmengine.dataset import pseudo_collate
from torch.utils.data import DataLoader, RandomSampler


def drawn_dataset(config: Config, size: int, root: str) -> VideoListDataset:
    """A data set of ``size`` videos below ``root``, read as a config's training reads its own."""
    folder = Path(root, 'drawn')
    drawn = videos(None, folder / 'videos', each=1)
    lines = []
    for index in range(size):
        source = drawn[index % len(drawn)]
        copy = Path(shutil.copy(source, folder / f'{index}{source.suffix}'))
        lines.append(f'{copy.name} 0\n')
    for name, text in (('train', ''.join(lines)), ('test', lines[0]), ('classes', 'drawn\n')):
        (folder / f'{name}.txt').write_text(text)
    augment = config.train_dataloader.dataset.get('augment', 'worker')
    return VideoListDataset('drawn', config.train_pipeline, data_root=root, augment=augment)


def batches_of(data: VideoListDataset, size: int, count: int, workers: int) -> Iterator[dict]:
    """So many batches of videos drawn at random."""
    sampler = RandomSampler(data, num_samples=size * count)
    pinned = torch.cuda.is_available()
    return iter(
        DataLoader(
            data,
            size,
            sampler=sampler,
            num_workers=workers,
            collate_fn=pseudo_collate,
            pin_memory=pinned,
        )
    )


def read_batch(config: Config, size: int) -> dict:
    """A batch of so many videos, collated."""
    with tempfile.TemporaryDirectory() as root:
        dataset = drawn_dataset(config, size, root)
        return pseudo_collate([dataset[index] for index in range(size)])
