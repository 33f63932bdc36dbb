"""Decoders, each behind the same two attributes and one method: :class:`Reader`."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Protocol

import av
import numpy as np
from av.video.reformatter import VideoReformatter

# Share of a video's declared frames that may be missing at its end. MPEG-4 files may count frames
# that are "not coded", which mean the one before again and which decoders leave out.
MAX_LOST = 0.05
MAX_HELD = 256 << 20  # bytes of a video that are held in memory between opening and decoding
SPARSE = ('h264', 'hevc')  # codecs whose frames say if no other frame refers to them
STAMPED = (
    'mov,mp4,m4a,3gp,3g2,mj2',
    'matroska,webm',
)  # containers that store when a frame is shown


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
    """Frames by index through PyAV, the same as by decoding everything from the start.

    The packets are read once and kept. Where their time stamps number the frames beyond doubt, decoding
    starts at the last key frame before the first frame that is wanted, and leaves out those that
    neither are wanted nor referred to. Otherwise, or if not every frame comes, it does start at the
    first one, and counts.
    """

    def __init__(self, path: str, num_threads: int = 1) -> None:
        self._path = path
        self._num_threads = num_threads
        # packets and decoder are the container's, which stays open until the frames are read
        self._container = av.open(path)
        if not self._container.streams.video:
            raise VideoError(path, 'no video stream')
        stream = self._container.streams.video[0]
        self.fps = float(stream.average_rate or Fraction(0))
        # Counted, as headers may lie or be silent; packets are not decoded for it.
        self._packets, size, self.num_frames = [], 0, 0
        for packet in self._container.demux(stream):
            self.num_frames += packet.size > 0
            size += packet.size
            if packet.size > 0 and size <= MAX_HELD:
                self._packets.append(packet)
        stamps = [packet.pts for packet in self._packets]
        numbered = (
            len(set(stamps)) == self.num_frames
            and None not in stamps
            and not any(packet.is_discard or packet.is_corrupt for packet in self._packets)
        )
        self._ranks = {s: r for r, s in enumerate(sorted(stamps))} if numbered else {}

    def read(self, indices: np.ndarray) -> Sequence[np.ndarray]:
        """Decode the frames at ``indices`` (sorted, unique) as (H, W, 3) uint8 RGB."""
        try:
            frames = self._by_stamps(indices.tolist()) if self._ranks else None
        except av.FFmpegError:
            frames = None
        self._container.close()
        self._packets, self._ranks = [], {}  # the decoder cannot start again
        return self._by_counting(indices) if frames is None else frames

    def _by_stamps(self, indices: list[int]) -> list[np.ndarray] | None:
        """The frames, or None where they do not come as the time stamps say."""
        ranks = [self._ranks[packet.pts] for packet in self._packets]
        keys = [n for n, packet in enumerate(self._packets) if packet.is_keyframe]
        before = [n for n in keys if ranks[n] <= indices[0]]
        if not before:
            return None
        first, wanted = before[-1], set(indices)
        stream = self._container.streams.video[0]
        context, reformatter = stream.codec_context, VideoReformatter()
        context.thread_count = self._num_threads
        # Some containers have no time stamps of their own: there the frames must come one by one.
        sparse = context.name in SPARSE and self._container.format.name in STAMPED
        found: dict[int, np.ndarray] = {}
        expected = ranks[first]
        for rank, packet in zip([*ranks[first:], -1], [*self._packets[first:], None], strict=True):
            if sparse and packet is not None:
                context.skip_frame = 'DEFAULT' if rank in wanted else 'NONREF'
            for frame in context.decode(packet):
                came = self._ranks.get(frame.pts, -1)
                if frame.is_corrupt or came < 0 or not (sparse or came == expected):
                    return None
                expected += 1
                if came in wanted:
                    found[came] = _upright(frame, reformatter)
            if len(found) == len(wanted):
                return [found[rank] for rank in indices]
        return None

    def _by_counting(self, indices: np.ndarray) -> list[np.ndarray]:
        wanted = set(indices.tolist())
        last = int(indices[-1])
        frames = []
        decoded, frame, reformatter = 0, None, VideoReformatter()
        with av.open(self._path) as container:
            stream = container.streams.video[0]
            stream.codec_context.thread_count = self._num_threads
            for decoded, frame in enumerate(container.decode(stream), 1):
                if decoded - 1 in wanted:
                    frames.append(_upright(frame, reformatter))
                if decoded > last:
                    return frames
            if frame is None or decoded < (1 - MAX_LOST) * self.num_frames:
                reason = f'{decoded} of {self.num_frames} frames can be decoded'
                raise VideoError(self._path, reason)
            end = _upright(frame, reformatter)
        return frames + [end.copy() for _ in range(len(indices) - len(frames))]


class TorchcodecReader:  # pragma: no cover - not installed by default
    """Frames by index through torchcodec (not installed by default; needs FFmpeg's libraries)."""

    def __init__(self, path: str, num_threads: int = 1) -> None:
        from torchcodec.decoders import VideoDecoder

        self._decoder = VideoDecoder(
            path, dimension_order='NHWC', num_ffmpeg_threads=num_threads, seek_mode='exact'
        )
        self.num_frames = len(self._decoder)
        self.fps = float(self._decoder.metadata.average_fps or 0)

    def read(self, indices: np.ndarray) -> Sequence[np.ndarray]:
        """Decode the frames at ``indices`` (sorted, unique) as (H, W, 3) uint8 RGB."""
        return list(self._decoder.get_frames_at(indices.tolist()).data.numpy())


def _upright(frame: av.VideoFrame, reformatter: VideoReformatter) -> np.ndarray:
    """(H, W, 3) uint8 RGB, turned as the file says that it is to be shown; decord does so too."""
    image = reformatter.reformat(frame, format='rgb24', threads=1).to_ndarray()
    angle = getattr(frame, 'rotation', 0)  # anticlockwise
    if angle % 360 in (90, 180, 270):
        image = np.rot90(image, angle // 90)
    return np.ascontiguousarray(image)


READERS: dict[str, type[DecordReader | PyAVReader | TorchcodecReader]] = {
    'pyav': PyAVReader,
    'decord': DecordReader,
    'torchcodec': TorchcodecReader,
}
