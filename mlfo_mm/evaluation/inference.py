"""Run a model over a list of videos once, with progress; features are cached by content."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from mmengine.device import get_device
from mmengine.model import BaseModel
from mmengine.registry import DATASETS
from mmengine.runner import Runner
from tqdm import tqdm

from mlfo_mm.datasets import VideoListDataset
from mlfo_mm.datasets.content import BYTES, hash_video, remembered
from mlfo_mm.engine import autocast
from mlfo_mm.errors import UserError
from mlfo_mm.evaluation.pipelines import loader_config
from mlfo_mm.files import write_atomic
from mlfo_mm.progress import Teller

CACHE_VERSION = 4  # of the code that extracts; 3: with labels and paths
EXTRA = 'extra_'  # stands before the names of further arrays in a file


@dataclass(frozen=True)
class Outputs:
    """What a model says of a list's videos.

    Attributes:
        values: (M, V, D) features of V clips (of the backbone: of its last level), (M, D) of
            videos, or (M, num_classes) scores.
        labels: (M,).
        files: Paths of the M videos that were read.
        expected: Lines of the list.
        decoders: Names of the decoders that were used.
        frames: (M, V * T) indices of the frames that the model saw, clip by clip.
        extra: More of the same model by name, each (M, ...): features of the levels below.
    """

    values: np.ndarray
    labels: np.ndarray
    files: list[str]
    expected: int
    decoders: list[str]
    frames: np.ndarray
    extra: dict[str, np.ndarray] = field(default_factory=dict)

    def counts(self) -> dict[str, int]:
        """Videos expected, read and skipped, as a record holds them."""
        read = len(self.labels)
        return dict(expected=self.expected, read=read, skipped=self.expected - read)

    def video_means(self) -> np.ndarray:
        """Mean over clips (M, D)."""
        return self.values.mean(1)


def predict(
    model: BaseModel,
    data: VideoListDataset,
    batch_size: int,
    num_workers: int,
    amp: bool,
    title: str,
) -> Outputs:
    """Features (of a model without a head) or scores of every video of a data set.

    Args:
        model: Put on the device that there is, and in eval mode. Its test step gives samples that
            have ``pred_score``, or else ``clip_features`` and maybe ``clip_extra``.
        data: The videos, in test mode.
        batch_size: Videos at a time; each has several clips.
        num_workers: Decoding processes.
        amp: bfloat16 autocast, where the device is fast in it.
        title: Stands before the progress bar.

    Raises:
        UserError: A video cannot be read and is not to be skipped, none is left, or the model's
            answers are not finite.
    """
    loader = Runner.build_dataloader(loader_config(data, batch_size, num_workers, shuffle=False))
    device = get_device()
    model.to(device).eval()
    values, labels, files, frames, decoders = [], [], [], [], set()
    extra: dict[str, list[np.ndarray]] = {}
    bar = tqdm(total=len(data), desc=title, unit='video', disable=None, leave=False)
    teller = Teller(len(data))
    with torch.inference_mode(), autocast(amp), bar:
        for batch in loader:
            if not batch['data_samples']:
                continue
            for sample in model.test_step(batch):
                answer = sample.get('pred_score', sample.get('clip_features'))
                values.append(answer.float().cpu().numpy())
                for name, more in sample.get('clip_extra', {}).items():
                    extra.setdefault(name, []).append(more.float().cpu().numpy())
                labels.append(int(sample.gt_label))
                files.append(sample.filename)
                frames.append(sample.frame_inds)
                decoders.add(sample.decoder)
            bar.update(len(batch['data_samples']))
            teller.tell(len(labels), f'{title} {len(labels):,}/{len(data):,}')
    if not values:
        raise UserError(f'none of the {len(data)} videos of {data.list_path} could be read')
    outputs = Outputs(
        np.stack(values),
        np.array(labels),
        files,
        len(data),
        sorted(decoders),
        np.stack(frames),
        {name: np.stack(arrays) for name, arrays in extra.items()},
    )
    rows = [each.reshape(len(values), -1) for each in (outputs.values, *outputs.extra.values())]
    finite = np.all([np.isfinite(row).all(1) for row in rows], axis=0)
    if not finite.all():
        raise UserError(
            f'the features or scores of {(~finite).sum()} of {len(finite)} videos are not finite, '
            f'first {files[int(np.argmin(finite))]}: the weights are broken'
        )
    return outputs


def cached_features(
    model: BaseModel,
    dataset: dict[str, Any],
    identity: dict[str, Any],
    folder: Path,
    batch_size: int,
    num_workers: int,
    amp: bool,
    title: str,
) -> Outputs:
    """:func:`predict`, or what it said before for the same weights, videos and clips.

    Labels are those of the list, so that two lists with the same videos share their features.

    Args:
        model: As in :func:`predict`, without a head.
        dataset: Config of the videos, in test mode.
        identity: What tells these features from others beside the list and its videos: weights,
            backbone, clips.
        folder: Of the cache.
        batch_size: As in :func:`predict`.
        num_workers: As in :func:`predict`.
        amp: As in :func:`predict`.
        title: As in :func:`predict`.
    """
    data = DATASETS.build(dataset)
    how = dict(
        amp=amp, policy=data.on_corrupt, timeout=data.decode_timeout, torch=torch.__version__
    )
    path = folder / f'{content_key(data, identity | how)}.npz'
    stored = _load(path, data)
    if stored is not None:
        print(f'{title}: reusing {path}')
        return stored
    outputs = predict(model, data, batch_size, num_workers, amp, title)
    _save(path, outputs, _places(data, outputs.files))
    return outputs


def content_key(data: VideoListDataset, identity: dict[str, Any]) -> str:
    """Hash of everything that the features depend on: of the videos, their content."""
    paths = [data.get_data_info(index)['filename'] for index in range(len(data))]
    contents = remembered(paths, BYTES, hash_video, f'content of {data.folder.name}')
    text = json.dumps([CACHE_VERSION, identity, [contents[path] for path in paths]], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def _places(data: VideoListDataset, files: list[str]) -> list[int]:
    """Places in the list of the videos that were read, which are in its order."""
    places = iter(range(len(data)))
    return [next(i for i in places if data.get_data_info(i)['filename'] == file) for file in files]


def _save(path: Path, outputs: Outputs, places: list[int]) -> None:
    file = io.BytesIO()
    np.savez(
        file,
        values=outputs.values,
        places=np.array(places),
        decoders=np.array(outputs.decoders),
        frames=outputs.frames,
        **{f'{EXTRA}{name}': array for name, array in outputs.extra.items()},
    )
    write_atomic(path, file.getvalue())


def _load(path: Path, data: VideoListDataset) -> Outputs | None:
    if not path.is_file():
        return None
    try:
        with np.load(path) as stored:
            infos = [data.get_data_info(int(place)) for place in stored['places']]
            return Outputs(
                stored['values'],
                np.array([info['label'] for info in infos]),
                [info['filename'] for info in infos],
                len(data),
                stored['decoders'].tolist(),
                stored['frames'],
                {
                    name.removeprefix(EXTRA): stored[name]
                    for name in stored.files
                    if name.startswith(EXTRA)
                },
            )
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        print(f'warning: {path} cannot be read: extracting again')
        return None
