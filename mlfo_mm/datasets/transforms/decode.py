"""Open a video and decode the sampled frames, with decord or PyAV."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Literal, Protocol, TypeVar

import av
import numpy as np
from mmaction.registry import TRANSFORMS
from mmcv.transforms import BaseTransform

from mlfo_mm.datasets.frame_cache import open_cached
from mlfo_mm.datasets.time_limit import within

Result = TypeVar('Result')
# Share of a video's declared frames that may be missing at its end. MPEG-4 files may count frames
# that are "not coded", which mean the one before again and which decoders leave out.
MAX_LOST = 0.05


class VideoError(Exception):
    """A video that cannot be read: ``path`` and ``reason`` say which and why."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(path, reason)  # both in args, so that the error can be pickled
        self.path = path
        self.reason = reason

    def __str__(self) -> str:
        return f'cannot decode {self.path} ({self.reason})'


class VideoTimeout(VideoError):
    """A video that the decoder did not finish with in time; it may never."""


class Reader(Protocol):
    """What the transforms need of a decoder."""

    num_frames: int
    fps: float

    def read(self, indices: np.ndarray) -> Sequence[np.ndarray]:
        """Decode the frames at ``indices`` (sorted, unique) as (H, W, 3) uint8 RGB."""


class DecordReader:
    """Frames by index through decord."""

    def __init__(self, path: str, num_threads: int = 1) -> None:
        import decord  # has no wheels for some platforms

        decord.logging.set_level(decord.logging.QUIET)  # what fails is told by VideoError
        self._path = path
        self._reader = decord.VideoReader(path, num_threads=num_threads)
        self.num_frames = len(self._reader)
        self.fps = float(self._reader.get_avg_fps())

    def read(self, indices: np.ndarray) -> Sequence[np.ndarray]:
        """Decode the frames at ``indices`` (sorted, unique) as (H, W, 3) uint8 RGB."""
        frames = list(self._reader.get_batch(indices).asnumpy())
        # Where fewer frames can be decoded than the file declares, decord repeats the last one,
        # however many are missing.
        if len(frames) > 1 and np.array_equal(frames[-1], frames[-2]):
            return PyAVReader(self._path).read(indices)
        return frames


class PyAVReader:
    """Frames by index through PyAV, decoding from the start, which is exact for every format."""

    def __init__(self, path: str, num_threads: int = 1) -> None:
        self._path = path
        self._num_threads = num_threads
        with av.open(path) as container:
            if not container.streams.video:
                raise VideoError(path, 'no video stream')
            stream = container.streams.video[0]
            self.fps = float(stream.average_rate or Fraction(0))
            # Counted, as headers may lie or be silent; packets are not decoded for it.
            self.num_frames = sum(packet.size > 0 for packet in container.demux(stream))

    def read(self, indices: np.ndarray) -> Sequence[np.ndarray]:
        """Decode the frames at ``indices`` (sorted, unique) as (H, W, 3) uint8 RGB."""
        wanted = set(indices.tolist())
        last = int(indices[-1])
        frames = []
        decoded, frame = 0, None
        with av.open(self._path) as container:
            stream = container.streams.video[0]
            stream.codec_context.thread_count = self._num_threads
            for decoded, frame in enumerate(container.decode(stream), 1):
                if decoded - 1 in wanted:
                    frames.append(_upright(frame))
                if decoded > last:
                    return frames
            if frame is None or decoded < (1 - MAX_LOST) * self.num_frames:
                reason = f'{decoded} of {self.num_frames} frames can be decoded'
                raise VideoError(self._path, reason)
            end = _upright(frame)
        return frames + [end.copy() for _ in range(len(indices) - len(frames))]


def _upright(frame: av.VideoFrame) -> np.ndarray:
    """(H, W, 3) uint8 RGB, turned as the file says that it is to be shown; decord does so too."""
    image = frame.to_ndarray(format='rgb24')
    angle = getattr(frame, 'rotation', 0)  # anticlockwise
    if angle % 360 in (90, 180, 270):
        return np.ascontiguousarray(np.rot90(image, angle // 90))
    return image


READERS: dict[str, type[DecordReader | PyAVReader]] = {
    'decord': DecordReader,
    'pyav': PyAVReader,
}


def open_reader(
    path: str,
    decoder: Literal['decord', 'pyav'] = 'decord',
    num_threads: int = 1,
    cached: bool = True,
) -> tuple[Reader, str]:
    """Open a video; PyAV stands in where decord is missing or fails.

    Args:
        path: Of the video.
        decoder: The one to try first.
        num_threads: Threads of the decoder.
        cached: Take the frames of the cache where it has them.

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
    if cached and (stored := open_cached(path, decoder)) is not None:
        return stored
    reason = ''
    for name in ['pyav'] if decoder == 'pyav' else ['decord', 'pyav']:
        try:
            reader = READERS[name](path, num_threads)
        except VideoError:
            raise
        except Exception as error:  # decord and PyAV share no base class of errors
            reason = _one_line(error)
            continue
        if reader.num_frames > 0:
            return reader, name
        reason = '0 frames'
    raise VideoError(path, reason)


def decode_all(path: str, timeout: float | None = None) -> tuple[np.ndarray, float, str]:
    """All frames (T, H, W, 3) of a video, decoded; frames a second; the decoder's name."""

    def decode() -> tuple[np.ndarray, float, str]:
        reader, name = open_reader(path, cached=False)
        frames, name = _read(reader, name, path, np.arange(reader.num_frames))
        return np.stack(frames), reader.fps, name

    return _limited(timeout, path, decode)


def _read(
    reader: Reader, name: str, path: str, wanted: np.ndarray
) -> tuple[Sequence[np.ndarray], str]:
    """Frames, and the decoder that gave them: PyAV stands in where decord fails only now."""
    try:
        frames = reader.read(wanted)
    except VideoError:
        raise
    except Exception:  # decord and PyAV share no base class of errors
        frames, name = _read_with_pyav(path, wanted), 'pyav'
    sizes = {frame.shape[:2] for frame in frames}
    if len(sizes) > 1:
        raise VideoError(path, f'frames of several sizes: {sorted(sizes)}')
    return frames, name


def _limited(timeout: float | None, path: str, call: Callable[[], Result]) -> Result:
    try:
        return within(timeout, call)
    except TimeoutError as error:
        raise VideoTimeout(path, str(error)) from None


@TRANSFORMS.register_module()
class OpenVideo(BaseTransform):
    """Open ``results['filename']``; adds video_reader, total_frames, avg_fps and decoder.

    ``results['decode_timeout']``, where it is there, limits the seconds, here and in ``DecodeFrames``.

    Args:
        decoder: 'decord', or 'pyav', which also stands in where decord is missing or fails.
        num_threads: Threads of the decoder; more than one only pays without worker processes.
    """

    def __init__(self, decoder: Literal['decord', 'pyav'] = 'decord', num_threads: int = 1) -> None:
        if decoder not in READERS:
            raise ValueError(f'decoder={decoder!r}, known are {sorted(READERS)}')
        self.decoder = decoder
        self.num_threads = num_threads

    def transform(self, results: dict) -> dict:
        """Open the video; :class:`VideoError` if that cannot be done."""
        path = results['filename']
        reader, name = _limited(
            results.get('decode_timeout'),
            path,
            lambda: open_reader(path, self.decoder, self.num_threads),
        )
        results['video_reader'] = reader
        results['total_frames'] = reader.num_frames
        results['avg_fps'] = reader.fps
        results['decoder'] = name
        return results


@TRANSFORMS.register_module()
class DecodeFrames(BaseTransform):
    """Decode ``results['frame_inds']`` into imgs, a list of (H, W, 3) uint8 RGB frames.

    Each frame is decoded once, whatever the number of views that show it, and every entry of the
    list is its own memory, as later transforms may write in place. The reader is freed.
    """

    def transform(self, results: dict) -> dict:
        """Decode what the samplers asked for; :class:`VideoError` if it is not there."""
        reader = results.pop('video_reader')
        path = results['filename']
        wanted, places = np.unique(results['frame_inds'], return_inverse=True)
        frames, results['decoder'] = _limited(
            results.get('decode_timeout'),
            path,
            lambda: _read(reader, results['decoder'], path, wanted),
        )
        seen = set()
        imgs = []
        for place in places.ravel().tolist():
            imgs.append(frames[place].copy() if place in seen else frames[place])
            seen.add(place)
        results['imgs'] = imgs
        results['original_shape'] = results['img_shape'] = imgs[0].shape[:2]
        return results


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
