"""What the network sees of a run's training videos: augmented, normalised, and shown as pictures again."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from mmaction.registry import DATASETS, MODELS
from mmengine.config import Config
from mmengine.dataset import pseudo_collate
from mmengine.registry import init_default_scope
from torch import Tensor

from mlfo_mm.engine.launch import training_list


@dataclass(frozen=True)
class Views:
    """The clips of one video.

    Attributes:
        video: Its path in the list.
        label: Its class, which pretraining does not read.
        answers: What a pretext task is to tell of each view; empty where there is no such task.
        pictures: (V, T, h, w, 3), RGB uint8.
    """

    video: str
    label: str
    answers: tuple[str, ...]
    pictures: np.ndarray


@torch.no_grad()
def views_of(config: Config, count: int, epoch: int = 0) -> list[Views]:
    """Views of some videos at equal distances in the training list, as an epoch draws them.

    They pass the whole way to the network, augmentation on the device and normalisation included.

    Args:
        config: Of a training.
        count: Number of videos, at most those of the list.
        epoch: Counted from 0.
    """
    init_default_scope('mmaction')
    training_list(config)  # says what is missing
    dataset = DATASETS.build(
        copy.deepcopy(config.train_dataloader.dataset) | dict(seed=config.randomness.seed or 0)
    )
    dataset.set_epoch(epoch)
    places = np.linspace(0, len(dataset) - 1, min(count, len(dataset))).round().astype(int)
    batch = pseudo_collate([dataset[int(place)] for place in places])
    preprocessor = MODELS.build(copy.deepcopy(config.model.data_preprocessor))
    data = preprocessor(batch, training=True)
    infos = [dataset.get_data_info(int(place)) for place in places]
    classes, folder = dataset.metainfo['classes'], dataset.folder
    pictures = _pictures(data['inputs'], config.normalize.mean, config.normalize.std)
    return [
        Views(
            Path(info['filename']).relative_to(folder).as_posix(),
            classes[info['label']],
            _answers(sample.gt_label, len(shown)),
            shown,
        )
        for info, sample, shown in zip(infos, data['data_samples'], pictures, strict=True)
    ]


def _pictures(inputs: Tensor, mean: Sequence[float], std: Sequence[float]) -> np.ndarray:
    """Normalised clips (N, V, 3, T, h, w) as pictures (N, V, T, h, w, 3)."""
    scale, shift = (torch.tensor(each).view(3, 1, 1, 1) for each in (std, mean))
    levels = (inputs.float() * scale + shift).round().clamp(0, 255).to(torch.uint8)
    return levels.permute(0, 1, 3, 4, 5, 2).numpy()


def _answers(label: Tensor, views: int) -> tuple[str, ...]:
    """A pretext label (rows, tasks) by view; a class label, which has one axis, is none."""
    if label.ndim != 2:
        return ()
    rows = [' '.join(str(value) for value in row) for row in label.tolist()]
    return tuple(rows) if len(rows) == views else (f'{"; ".join(rows)}',)
