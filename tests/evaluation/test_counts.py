"""Uneven last batches and the padding of several processes never count a video twice."""

from __future__ import annotations

import pytest
from mmaction.registry import DATASETS
from mmengine.runner import Runner

from mlfo_mm.datasets import VideoListDataset
from mlfo_mm.evaluation.pipelines import loader_config


@pytest.fixture
def data(videos, monkeypatch) -> VideoListDataset:
    """Six videos, read as nothing but their names: none is decoded."""
    monkeypatch.setenv('MLFO_DATA_ROOT', str(videos))
    dataset = dict(
        type=VideoListDataset, dataset='pair', subset='train', pipeline=[], test_mode=True
    )
    return DATASETS.build(dataset)


def names(data, batch_size: int) -> list[str]:
    loader = Runner.build_dataloader(loader_config(data, batch_size, 0, shuffle=False))
    loader.collate_fn = list
    return [info['filename'] for batch in loader for info in batch]


@pytest.mark.parametrize('batch_size', [1, 4, 6, 50])
def test_uneven_last_batch(data, batch_size):
    wanted = [data.get_data_info(index)['filename'] for index in range(len(data))]
    assert len(set(wanted)) == 6
    assert names(data, batch_size) == wanted


@pytest.mark.parametrize('world', [2, 4, 5])
def test_padding_of_several_processes_is_at_the_end(data, world, monkeypatch):
    """Where the collected results are cut to the length of the list."""
    parts = []
    for rank in range(world):
        monkeypatch.setattr(
            'mmengine.dataset.sampler.get_dist_info', lambda rank=rank: (rank, world)
        )
        parts.append(names(data, 2))
    # as mmengine.dist.collect_results puts them together
    together = [name for row in zip(*parts, strict=True) for name in row]
    wanted = [data.get_data_info(index)['filename'] for index in range(len(data))]
    assert len(together) >= len(wanted)
    assert together[: len(wanted)] == wanted
