"""Tiny videos whose frames carry their number, so that decoded pixels prove what was sampled."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import av
import numpy as np
import pytest
from mmengine.logging import MMLogger

from mlfo_mm.datasets import VideoListDataset
from tests.datasets.own import LENGTHS, PACK, READ

SIZE = (64, 48)


def draw_frame(index: int, size: tuple[int, int] = SIZE) -> np.ndarray:
    """An (H, W, 3) gray frame: the left half shows index // 16, the right half index % 16."""
    width, height = size
    frame = np.empty((height, width, 3), np.uint8)
    frame[:, : width // 2] = 8 + 15 * (index // 16)
    frame[:, width // 2 :] = 8 + 15 * (index % 16)
    return frame


def read_index(frame: np.ndarray) -> int:
    """Number of a frame of :func:`draw_frame` from its pixels, also after resizing."""
    quarter = frame.shape[1] // 4
    tens, ones = (round((frame[:, x].mean() - 8) / 15) for x in (quarter, 3 * quarter))
    return 16 * tens + ones


@pytest.fixture(scope='session')
def write_video() -> Callable[..., Path]:
    """``write_video(path, num_frames)`` writes an H.264 MP4 (or what the suffix stands for)."""

    def write(path: Path, num_frames: int, size: tuple[int, int] = SIZE) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        mp4 = path.suffix == '.mp4'
        with av.open(str(path), 'w') as container:
            stream = container.add_stream('libx264' if mp4 else 'mpeg4', rate=25)
            stream.width, stream.height = size
            stream.pix_fmt = 'yuv420p'
            stream.codec_context.thread_count = 1
            stream.options = {'crf': '4', 'g': '12'} if mp4 else {'q': '1'}
            for index in range(num_frames):
                frame = av.VideoFrame.from_ndarray(draw_frame(index, size), format='rgb24')
                container.mux(stream.encode(frame))
            container.mux(stream.encode())
        return path

    return write


@pytest.fixture(scope='session')
def frame_index() -> Callable[[np.ndarray], int]:
    """The function that reads a frame's number."""
    return read_index


@pytest.fixture
def log(tmp_path) -> Iterator[Path]:
    """File that the current logger writes to."""
    name = f'log of {tmp_path}'
    MMLogger.get_instance(name, log_file=str(tmp_path / 'log.txt'))
    yield tmp_path / 'log.txt'
    MMLogger._instance_dict.pop(name)


@pytest.fixture(scope='session')
def own_template(tmp_path_factory, write_video) -> Path:
    """A data root with the data set 'own': 8 videos of 4 classes."""
    root = tmp_path_factory.mktemp('template')
    lines = []
    for number, frames in enumerate(LENGTHS):
        write_video(root / f'own/videos/v {number}.mp4', frames)
        lines.append(f'videos/v {number}.mp4 {number % 4}\n')
    (root / 'own/train.txt').write_text(''.join(lines))
    (root / 'own/classes.txt').write_text('a\nb\nc\nd\n')
    return root


@pytest.fixture
def own_root(own_template, tmp_path) -> Path:
    """The data root, to be spoilt at will."""
    return shutil.copytree(own_template, tmp_path / 'data')


@pytest.fixture
def build_own(own_root):
    return partial(VideoListDataset, 'own', data_root=own_root, pipeline=[*READ, *PACK])
