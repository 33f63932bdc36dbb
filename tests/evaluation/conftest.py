"""A data set of two classes that even random weights tell apart, and requests on it."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest

from mlfo_mm.evaluation.request import Request


def write_video(path: Path, label: int, seed: int, frames: int = 20) -> None:
    """Bright still stripes (class 0) or dark noise (class 1)."""
    rng = np.random.default_rng(seed)
    with av.open(str(path), 'w') as container:
        stream = container.add_stream('libx264', rate=25)
        stream.width, stream.height, stream.pix_fmt = 48, 40, 'yuv420p'
        for _ in range(frames):
            image = rng.integers(0, 60, (40, 48, 3), dtype=np.uint8)
            if label == 0:
                image[:, ::4] += 180
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format='rgb24')))
        container.mux(stream.encode())


@pytest.fixture(scope='session')
def videos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Root of the data set ``pair``: 6 training and 4 test videos, 2 classes, 3 groups."""
    root = tmp_path_factory.mktemp('data')
    folder = root / 'pair'
    folder.mkdir()
    (folder / 'classes.txt').write_text('stripes\nnoise\n')
    for subset, count in (('train', 6), ('test', 4)):
        lines = []
        for index in range(count):
            name = f'{subset}_g{index // 2:02}_c{index}.mp4'
            write_video(folder / name, index % 2, 100 * len(subset) + index)
            lines.append(f'{name} {index % 2}\n')
        (folder / f'{subset}.txt').write_text(''.join(lines))
    return root


@pytest.fixture
def request_for(
    videos: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Request]:
    """``request_for(task, **changes)``: a request on ``pair`` of a smoke run."""
    monkeypatch.setenv('MLFO_DATA_ROOT', str(videos))
    base = Request(
        checkpoint='none',
        task='retrieval',
        dataset='pair',
        run='mlfo/r3d18@smoke',
        work_dir=tmp_path / 'work',
    )
    return lambda task, **changes: dataclasses.replace(base, task=task, **changes)
