"""Decoders, each behind the same two attributes and one method: :class:`Reader`."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from math import ceil, sqrt
from typing import Protocol

import av
import numpy as np
from av.video.reformatter import VideoReformatter

from mlfo_mm.video.bitstream import stands_alone
from mlfo_mm.video.opening import VideoError, check_size
from mlfo_mm.video.orientation import Orientation, upright
from mlfo_mm.video.packets import STAMPED, Packets, decode_in_order
from mlfo_mm.video.time_limit import still_wanted

# Bytes of RGB, those of 3840 x 2160 and some more. Larger frames are made smaller as they are decoded, by
# a whole number: what FFmpeg does in less time than it takes for the whole frame.
MAX_FRAME = 32 << 20
SPARSE = ('h264', 'hevc')  # codecs whose frames say if no other frame refers to them
CHUNK = 32 << 20  # bytes of RGB that other decoders are asked for at once
Fit = Callable[[np.ndarray], np.ndarray]


class Unproven(Exception):
    """A file whose frames a decoder is not known to give by their number."""


class Reader(Protocol):
    """What the transforms need of a decoder."""

    num_frames: int
    fps: float

    def read(self, indices: np.ndarray, fit: Fit | None = None) -> Sequence[np.ndarray]:
        """Decode the frames at ``indices`` (sorted, unique) as (H, W, 3) uint8 RGB.

        ``fit`` is what becomes of each as soon as it is decoded, so that few are held at full size.
        """


class PyAVReader:
    """Frames by index through PyAV, the same as by decoding everything from the start.

    The packets are read once and kept. Where they number the frames beyond doubt, decoding starts at the
    last picture before each frame that is wanted at which a decoder can start, and leaves out what is
    neither wanted nor referred to. Otherwise, or if not every frame comes, it starts at the first one,
    and counts.
    """

    def __init__(self, path: str, num_threads: int = 1) -> None:
        self._path = path
        self._num_threads = num_threads
        self._video = Packets(path)
        self.num_frames = self._video.num_frames
        self.fps = self._video.fps

    def read(self, indices: np.ndarray, fit: Fit | None = None) -> Sequence[np.ndarray]:
        """Decode the frames at ``indices`` (sorted, unique) as (H, W, 3) uint8 RGB."""
        try:
            frames = self._by_stamps(indices.tolist(), fit) if self._video.ranks else None
        except av.FFmpegError:
            frames = None
        self._video.close()  # the decoder cannot start again
        return self._by_counting(indices, fit) if frames is None else frames

    def _by_stamps(self, indices: list[int], fit: Fit | None) -> list[np.ndarray] | None:
        """The frames, or None where they do not come as the packets say."""
        video, wanted = self._video, set(indices)
        order, packets = list(video.ranks), video.held
        # the frames that are shown before that of each packet
        ranks = [-1 if p.pts is None else bisect_left(order, p.pts) for p in packets]
        context, to_rgb = video.stream.codec_context, ToRGB(self._path, fit)
        context.thread_count = self._num_threads
        # Some containers have no time stamps of their own: there the frames must come one by one.
        sparse = context.name in SPARSE and video.container.format.name in STAMPED
        found: dict[int, np.ndarray] = {}
        place = expected = start = -1
        for last, group in self._groups(indices, ranks):
            if last > place:
                if place >= 0:
                    context.flush_buffers()
                place, start, expected = last, ranks[last], ranks[last]
            while not group <= found.keys():
                if place > len(packets):
                    return None
                packet = packets[place] if place < len(packets) else None
                if sparse and packet is not None:
                    context.skip_frame = 'DEFAULT' if ranks[place] in wanted else 'NONREF'
                place += 1
                still_wanted()
                for frame in context.decode(packet):
                    came = video.ranks.get(frame.pts, -1)
                    if came < start and came >= 0:  # shown before the picture that was begun with
                        continue
                    if frame.is_corrupt or came < 0 or not (sparse or came == expected):
                        return None
                    expected += 1
                    if came in wanted:
                        found[came] = to_rgb(frame)
        return [found[rank] for rank in indices]

    def _groups(self, indices: list[int], ranks: list[int]) -> Iterator[tuple[int, set[int]]]:
        """The packet to start at, and the frames that are decoded from it on."""
        keys = [n for n, packet in enumerate(self._video.held) if packet.is_keyframe]
        sound: dict[int, bool] = {0: True}  # decoding in order begins there too
        groups: dict[int, set[int]] = {}
        for index in indices:
            before = (n for n in reversed(keys) if ranks[n] <= index)
            start = next((n for n in before if _known(sound, n, self._video.can_start)), 0)
            groups.setdefault(start, set()).add(index)
        yield from sorted(groups.items())

    def _by_counting(self, indices: np.ndarray, fit: Fit | None) -> list[np.ndarray]:
        wanted, last = set(indices.tolist()), int(indices[-1])
        frames: list[np.ndarray] = []
        number, to_rgb = -1, ToRGB(self._path, fit)
        for number, frame in enumerate(decode_in_order(self._path, self._num_threads)):
            to_rgb.orientation.of(frame)  # what one says holds for those that follow
            if number in wanted:
                frames.append(to_rgb(frame))
            if number >= last:
                return frames
        reason = f'{number + 1} of {self.num_frames} frames can be decoded'
        raise VideoError(self._path, reason)


class _Other:
    """A decoder that finds frames in a way of its own: only of files where that was proven.

    Those are MP4 and Matroska files of H.264 in which every frame is shown, as it is stored, and every
    group of pictures stands alone. Of others it raises :class:`Unproven`, and PyAV stands in.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        video = Packets(path, count=False)
        try:
            self.num_frames, self.fps = video.num_frames, video.fps
            keys = [n for n, packet in enumerate(video.held) if packet.is_keyframe]
            self._num_keys = len(keys)
            proven = (
                video.sure
                and bool(video.ranks)
                and video.codec == 'h264'
                and video.container.format.name in STAMPED
                and len(video.held) == video.num_frames
                and all(
                    stands_alone(video.codec, bytes(video.held[n]), video.extradata) for n in keys
                )
            )
        finally:
            video.close()
        first = next(decode_in_order(path), None) if proven else None
        # the colours of interlaced pictures are each decoder's own
        if first is None or first.interlaced_frame or any(Orientation().of(first)):
            raise Unproven(path)

    def _agree(self, frames: int) -> None:
        if frames != self.num_frames:
            raise Unproven(self._path)

    def read(self, indices: np.ndarray, fit: Fit | None = None) -> Sequence[np.ndarray]:
        """Decode the frames at ``indices`` (sorted, unique) as (H, W, 3) uint8 RGB."""
        frames: list[np.ndarray] = []
        last, step = None, 1
        while len(frames) < len(indices):
            still_wanted()
            for frame in self._batch(indices[len(frames) : len(frames) + step]):
                # where a frame cannot be decoded, decord repeats the one before
                if last is not None and np.array_equal(last, frame):
                    return PyAVReader(self._path).read(indices, fit)
                frames.append(frame if fit is None else fit(frame))
                last, step = frame, max(1, CHUNK // frame.nbytes)
        return frames

    def _batch(self, indices: np.ndarray) -> np.ndarray:
        raise NotImplementedError


class DecordReader(_Other):
    """Frames by index through decord."""

    def __init__(self, path: str, num_threads: int = 1) -> None:
        import decord  # has no wheels for some platforms

        super().__init__(path)
        decord.logging.set_level(decord.logging.QUIET)  # what fails is told by VideoError
        self._reader = decord.VideoReader(path, num_threads=num_threads)
        self._agree(len(self._reader))
        if (
            len(self._reader.get_key_indices()) != self._num_keys
        ):  # its FFmpeg believes the container
            raise Unproven(path)

    def _batch(self, indices: np.ndarray) -> np.ndarray:
        return self._reader.get_batch(indices).asnumpy()


class TorchcodecReader(_Other):  # pragma: no cover - not installed by default
    """Frames by index through torchcodec (not installed by default; needs FFmpeg's libraries)."""

    def __init__(self, path: str, num_threads: int = 1) -> None:
        from torchcodec.decoders import VideoDecoder

        super().__init__(path)
        self._reader = VideoDecoder(
            path, dimension_order='NHWC', num_ffmpeg_threads=num_threads, seek_mode='exact'
        )
        self._agree(len(self._reader))

    def _batch(self, indices: np.ndarray) -> np.ndarray:
        return self._reader.get_frames_at(indices.tolist()).data.numpy()


class ToRGB:
    """From a decoded frame to (H, W, 3) uint8 RGB, as the file says that it is shown, and then ``fit``."""

    def __init__(self, path: str, fit: Fit | None = None) -> None:
        self._path, self._fit = path, fit
        self._reformatter, self.orientation = VideoReformatter(), Orientation()

    def __call__(self, frame: av.VideoFrame) -> np.ndarray:
        """A frame's picture."""
        check_size(self._path, frame.width, frame.height)
        parts = ceil(sqrt(3 * frame.width * frame.height / MAX_FRAME))
        width, height = max(1, frame.width // parts), max(1, frame.height // parts)
        how = 'AREA' if parts > 1 else None
        image = self._reformatter.reformat(
            frame, width, height, 'rgb24', interpolation=how, threads=1
        )
        shown = upright(image.to_ndarray(), self.orientation.of(frame))
        return shown if self._fit is None else self._fit(shown)


def _known(sound: dict[int, bool], number: int, test: Callable[[int], bool]) -> bool:
    if number not in sound:
        sound[number] = test(number)
    return sound[number]


READERS: dict[str, type[PyAVReader | DecordReader | TorchcodecReader]] = {
    'pyav': PyAVReader,
    'decord': DecordReader,
    'torchcodec': TorchcodecReader,
}
