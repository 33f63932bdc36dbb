"""Open a video and decode the sampled frames."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Literal, TypeVar

import mmcv
import numpy as np
from mmaction.registry import TRANSFORMS
from mmcv.transforms import BaseTransform

from mlfo_mm.datasets.frame_cache import CachedReader, open_cached
from mlfo_mm.datasets.readers import READERS, PyAVReader, Reader, VideoError, VideoTimeout
from mlfo_mm.datasets.time_limit import within

Result = TypeVar('Result')
Decoder = Literal['pyav', 'decord', 'torchcodec']


def open_reader(path: str, decoder: Decoder = 'pyav', num_threads: int = 1) -> tuple[Reader, str]:
    """Open a video; PyAV stands in where another decoder is missing or fails.

    Args:
        path: Of the video.
        decoder: The one to try first.
        num_threads: Threads of the decoder.

    Returns:
        The reader and the name of the decoder that it uses.

    Raises:
        VideoError: The file cannot be read as a video; the reason says why.
    """
    if not os.path.exists(path):
        raise VideoError(path, 'no such file')
    if os.path.isdir(path):
        raise VideoError(path, 'a folder, not a file')
    if os.path.getsize(path) == 0:
        raise VideoError(path, '0 frames: 0 bytes')
    reason = ''
    for name in dict.fromkeys([decoder, 'pyav']):
        try:
            reader = READERS[name](path, num_threads)
        except VideoError:
            raise
        except Exception as error:  # decoders share no base class of errors
            reason = _one_line(error)
            continue
        if reader.num_frames > 0:
            return reader, name
        reason = '0 frames'
    raise VideoError(path, reason)


def decode_all(
    path: str, timeout: float | None = None, short_side: int | None = None
) -> tuple[np.ndarray, float, str]:
    """All frames (T, H, W, 3) of a video, decoded; frames a second; the decoder's name."""

    def decode() -> tuple[np.ndarray, float, str]:
        reader, name = open_reader(path)
        frames, name = _read(reader, name, path, np.arange(reader.num_frames))
        return np.stack(_shrunk(frames, short_side)), reader.fps, name

    return _limited(timeout, path, decode)


def _read(
    reader: Reader, name: str, path: str, wanted: np.ndarray
) -> tuple[Sequence[np.ndarray], str]:
    """Frames, and the decoder that gave them: PyAV stands in where another fails only now."""
    try:
        frames = reader.read(wanted)
    except VideoError:
        raise
    except Exception:  # decoders share no base class of errors
        frames, name = _read_with_pyav(path, wanted), 'pyav'
    sizes = {frame.shape[:2] for frame in frames}
    if len(sizes) > 1:
        raise VideoError(path, f'frames of several sizes: {sorted(sizes)}')
    return frames, name


def _shrunk(frames: Sequence[np.ndarray], short_side: int | None) -> Sequence[np.ndarray]:
    """Frames scaled down to a short side as MMAction2's ``Resize`` does; smaller ones as they are."""
    height, width = frames[0].shape[:2]
    if short_side is None or min(height, width) <= short_side:
        return frames
    size = mmcv.rescale_size((width, height), (float('inf'), short_side))
    return [mmcv.imresize(frame, size) for frame in frames]


def _limited(timeout: float | None, path: str, call: Callable[[], Result]) -> Result:
    try:
        return within(timeout, call)
    except TimeoutError as error:
        raise VideoTimeout(path, str(error)) from None


@TRANSFORMS.register_module()
class OpenVideo(BaseTransform):
    """Open ``results['filename']``; adds video_reader, total_frames, avg_fps and decoder.

    Frames come from the cache where it has them. ``results['decode_timeout']``, where it is there,
    limits the seconds of a decoder, here and in ``DecodeFrames``.

    Args:
        decoder: 'pyav', the fastest that gives every frame of every format by its number; 'decord' or
            'torchcodec', which do not in AVI and MPEG files with B-frames, and where PyAV stands in if
            they are missing or fail.
        num_threads: Threads of the decoder; more than one only pays without worker processes.
        short_side: Frames whose short side is longer are scaled down to it; the cache may hold them so.
    """

    def __init__(
        self, decoder: Decoder = 'pyav', num_threads: int = 1, short_side: int | None = None
    ) -> None:
        if decoder not in READERS:
            raise ValueError(f'decoder={decoder!r}, known are {sorted(READERS)}')
        if short_side is not None and short_side < 1:
            raise ValueError(f'short_side={short_side}, must be at least 1')
        self.short_side = short_side
        self.decoder = decoder
        self.num_threads = num_threads

    def transform(self, results: dict) -> dict:
        """Open the video; :class:`VideoError` if that cannot be done."""
        path = results['filename']
        reader, name = open_cached(path, self.decoder, self.short_side) or _limited(
            results.get('decode_timeout'),
            path,
            lambda: open_reader(path, self.decoder, self.num_threads),
        )
        results['video_reader'] = reader
        results['total_frames'] = reader.num_frames
        results['avg_fps'] = reader.fps
        results['decoder'] = name
        results['decode_short_side'] = self.short_side
        return results


@TRANSFORMS.register_module()
class DecodeFrames(BaseTransform):
    """Decode ``results['frame_inds']`` into imgs, a list of (H, W, 3) uint8 RGB frames.

    Each frame is decoded once, whatever the number of views that show it, and every entry of the
    list is its own memory, as later transforms may write in place. The reader is freed.

    Args:
        scale: (width, height) that frames are resized to, once each, as MMAction2's ``Resize`` does
            without keeping the ratio; None leaves them.
    """

    def __init__(self, scale: tuple[int, int] | None = None) -> None:
        if scale is not None and (len(scale) != 2 or min(scale) < 1):
            raise ValueError(f'scale={scale}, must be a width and a height')
        self.scale = scale and (scale[0], scale[1])

    def transform(self, results: dict) -> dict:
        """Decode what the samplers asked for; :class:`VideoError` if it is not there."""
        reader = results.pop('video_reader')
        path = results['filename']
        wanted, places = np.unique(results['frame_inds'], return_inverse=True)
        cached = isinstance(reader, CachedReader)  # nothing to be stuck in: no thread for it
        frames, results['decoder'] = _limited(
            None if cached else results.get('decode_timeout'),
            path,
            lambda: _read(reader, results['decoder'], path, wanted),
        )
        frames = _shrunk(frames, results.get('decode_short_side'))
        results['original_shape'] = frames[0].shape[:2]
        if self.scale is not None:
            frames = [mmcv.imresize(frame, self.scale) for frame in frames]
        results['img_shape'] = frames[0].shape[:2]
        self.arrange(results, frames, places.ravel())
        return results

    def arrange(self, results: dict, frames: Sequence[np.ndarray], places: np.ndarray) -> None:
        """Lay the frames out as the views show them, at some places each."""
        seen = set()
        imgs = []
        for place in places.tolist():
            imgs.append(frames[place].copy() if place in seen else frames[place])
            seen.add(place)
        results['imgs'] = imgs


def _read_with_pyav(path: str, wanted: np.ndarray) -> Sequence[np.ndarray]:
    try:
        return PyAVReader(path).read(wanted)
    except VideoError:
        raise
    except Exception as error:  # a damaged header gives any, such as AttributeError
        raise VideoError(path, _one_line(error)) from error


def _one_line(error: Exception) -> str:
    text = str(getattr(error, 'strerror', None) or error).strip()
    return text.splitlines()[0] if text else repr(error)
