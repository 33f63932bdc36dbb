"""Open a video and decode the sampled frames."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, TypeVar

import mmcv
import numpy as np
from mmaction.registry import TRANSFORMS
from mmcv.transforms import BaseTransform

from mlfo_mm.datasets.frame_cache import CachedReader, open_cached
from mlfo_mm.datasets.readers import READERS, PyAVReader, Reader, Unproven
from mlfo_mm.video.opening import VideoError, VideoTimeout, one_line
from mlfo_mm.video.time_limit import within

MAX_BYTES = 2 << 30  # of the frames that are held of one video
Result = TypeVar('Result')
Decoder = Literal['pyav', 'decord', 'torchcodec']


def open_reader(path: str, decoder: Decoder = 'pyav', num_threads: int = 1) -> tuple[Reader, str]:
    """Open a video; PyAV stands in where another decoder is missing, fails or is not proven.

    Args:
        path: Of the video.
        decoder: The one to try first.
        num_threads: Threads of the decoder.

    Returns:
        The reader and the name of the decoder that it uses.

    Raises:
        VideoError: The file cannot be read as a video; the reason says why.
    """
    reason = ''
    for name in dict.fromkeys([decoder, 'pyav']):
        try:
            return READERS[name](path, num_threads), name
        except (VideoError, TimeoutError):
            raise
        except Unproven:
            continue
        except Exception as error:  # decoders share no base class of errors
            reason = one_line(error)
    raise VideoError(path, reason)


def decode_all(
    path: str, timeout: float | None = None, short_side: int | None = None
) -> tuple[np.ndarray, float, str]:
    """All frames (T, H, W, 3) of a video, decoded; frames a second; the decoder's name."""

    def decode() -> tuple[np.ndarray, float, str]:
        reader, name = open_reader(path)
        wanted = np.arange(reader.num_frames)  # held twice: one by one, and together
        frames, name = _read(reader, name, path, wanted, Fit(path, 2 * len(wanted), short_side))
        return np.stack(frames), reader.fps, name

    return _limited(timeout, path, decode)


class Fit:
    """What becomes of a frame as soon as it is decoded; refuses what would take too much memory.

    Attributes:
        shape: (height, width) of the frames before they are resized to ``scale``.
    """

    def __init__(
        self,
        path: str,
        count: int,
        short_side: int | None = None,
        scale: tuple[int, int] | None = None,
    ) -> None:
        """Of ``count`` frames; ``short_side`` and ``scale`` as in the transforms below."""
        self.shape = (0, 0)
        self._path, self._count = path, count
        self._short_side, self._scale = short_side, scale
        self._size: tuple[int, ...] = ()

    def __call__(self, frame: np.ndarray) -> np.ndarray:
        """A frame of (H, W, 3) as it is kept."""
        size = frame.shape[:2]
        if self._size not in ((), size):
            raise VideoError(self._path, f'frames of several sizes: {sorted([self._size, size])}')
        frame = _shrunk(frame, self._short_side)
        self.shape = frame.shape[:2]
        if self._scale is not None:
            frame = mmcv.imresize(frame, self._scale)
        if self._count * frame.nbytes > MAX_BYTES:
            height, width = frame.shape[:2]
            raise VideoError(
                self._path,
                f'{self._count:,} frames of {width} x {height} would take '
                f'{self._count * frame.nbytes / 1e9:.1f} GB, at most {MAX_BYTES / 1e9:.1f} are held: '
                f'ask for a short side',
            )
        self._size = size
        return frame


def _read(
    reader: Reader, name: str, path: str, wanted: np.ndarray, fit: Fit
) -> tuple[Sequence[np.ndarray], str]:
    """Frames, and the decoder that gave them: PyAV stands in where another fails only now."""
    try:
        return reader.read(wanted, fit), name
    except (VideoError, TimeoutError):
        raise
    except Exception:  # decoders share no base class of errors
        return _read_with_pyav(path, wanted, fit), 'pyav'


def _shrunk(frame: np.ndarray, short_side: int | None) -> np.ndarray:
    """A frame scaled down to a short side as MMAction2's ``Resize`` does; a smaller one as it is."""
    height, width = frame.shape[:2]
    if short_side is None or min(height, width) <= short_side:
        return frame
    size = mmcv.rescale_size((width, height), (float('inf'), short_side))
    return mmcv.imresize(frame, size)


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

    MMAction2's inferencer puts ``DecordInit`` before it and ``DecordDecode`` in place of ``DecodeFrames``:
    they then read with this one's decoder, so that a prediction is that of a test. Arrays and folders of
    frames, which have no ``filename``, are left to it.

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
        if 'filename' not in results:
            return results
        path, given = results['filename'], results.get('video_reader')
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
        if given is not None:
            results['video_reader'] = _AsDecord(results.copy())
        return results


class _AsDecord:
    """What MMAction2's ``DecordDecode`` asks decord for, read as ``DecodeFrames`` does."""

    def __init__(self, results: dict) -> None:
        self._results = results

    def get_batch(self, indices: np.ndarray) -> _AsDecord:
        self._results = DecodeFrames().transform(self._results | dict(frame_inds=indices))
        return self

    def asnumpy(self) -> np.ndarray:
        return np.stack(self._results['imgs'])


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
        fit = Fit(path, len(wanted), results.get('decode_short_side'), self.scale)
        cached = isinstance(reader, CachedReader)  # nothing to be stuck in: no thread for it
        frames, results['decoder'] = _limited(
            None if cached else results.get('decode_timeout'),
            path,
            lambda: _read(reader, results['decoder'], path, wanted, fit),
        )
        results['original_shape'] = fit.shape
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


def _read_with_pyav(path: str, wanted: np.ndarray, fit: Fit) -> Sequence[np.ndarray]:
    try:
        return PyAVReader(path).read(wanted, fit)
    except (VideoError, TimeoutError):
        raise
    except Exception as error:  # a damaged picture gives any
        raise VideoError(path, one_line(error)) from error
