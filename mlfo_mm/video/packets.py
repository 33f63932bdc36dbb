"""The frames that a video shows: how many, and which packet is which, without decoding where that is safe."""

from __future__ import annotations

import mmap
import os
import re
from collections.abc import Iterator

import av

from mlfo_mm.video.bitstream import (
    MPEG4_SKIPPED,
    WHOLE,
    can_start,
    is_leading,
    is_packed,
    is_shown,
    pictures,
    turns,
)
from mlfo_mm.video.opening import MAX_PACKETS, VideoError, check_size, open_video
from mlfo_mm.video.time_limit import still_wanted

MAX_HELD = 256 << 20  # bytes of a video that are held in memory between opening and decoding
OVERHEAD = 1 << 9  # bytes that a packet takes beside its own
# Share of the frames that a container declares, or of its seconds, below which a file is cut short:
# headers of healthy files can be off by a frame or two.
WHOLE_FROM = 0.9
STAMPED = ('mov,mp4,m4a,3gp,3g2,mj2', 'matroska,webm')  # a packet a frame, and when it is shown
COUNTED = {  # codecs by container in which a packet is a frame, each as far as the tests go
    'avi': {'mpeg4', 'mjpeg'} | WHOLE,
    **dict.fromkeys(STAMPED, {'h264', 'hevc', 'mpeg4', 'vp8', 'vp9', 'av1', 'mjpeg'} | WHOLE),
}


class Packets:
    """A video, opened, its packets read and kept.

    Attributes:
        num_frames: That are shown: those that decoding in order gives.
        fps: Frames a second.
        held: The packets in the order of the file; none where they are too many to be held.
        ranks: Which frame a packet holds, by when it is shown; none where that is not beyond doubt.
        sure: Whether the packets alone say all this, and nothing in them is left out.
    """

    def __init__(self, path: str, count: bool = True) -> None:
        """Open a video.

        Args:
            path: Of the file.
            count: Decode it once where its packets do not say how many frames it shows; otherwise
                ``num_frames`` may be wrong unless ``sure`` is true.

        Raises:
            VideoError: It is no video, or cut short, or shows nothing.
        """
        self.path = path
        # packets and decoder are the container's, which stays open until the frames are read
        self.container, self.stream = open_video(path)
        try:
            stamps = self._read()
            if self.num_frames == 0:
                raise no_frames(path)
            lost: frozenset[int] | None = frozenset()
            if not self.sure and count:
                self.num_frames, lost = _decoded(path, stamps)
            times = set(stamps)
            known = lost is not None and None not in times and len(times) == len(stamps)
            kept = sorted(times - lost) if known and self.held and not self._in_order else []
            self.ranks = {stamp: rank for rank, stamp in enumerate(kept)}
        except av.FFmpegError as error:
            self.container.close()
            raise VideoError(path, error.strerror) from error
        except BaseException:
            self.container.close()
            raise

    def _read(self) -> list[int | None]:
        """Read all packets; when those that hold a frame to be shown are shown."""
        context = self.stream.codec_context
        self.codec = context.codec.canonical_name
        self.extradata = context.extradata
        self.fps = float(self.stream.average_rate or self.stream.guessed_rate or 0)
        self.held: list[av.Packet] = []
        self._end = 0  # in units of the stream's time
        stamps: list[int | None] = []
        total, size, odd, ahead = 0, 0, False, 0
        hides, mpeg4 = self.codec in ('vp8', 'vp9'), self.codec == 'mpeg4'
        packed = mpeg4 and is_packed(self.extradata or b'')
        turned = False
        for total, packet in enumerate(self.container.demux(self.stream)):
            still_wanted()
            length = packet.size
            if length == 0:  # a frame that was dropped; the last one only ends the file
                continue
            size += length + OVERHEAD
            if size <= MAX_HELD:
                self.held.append(packet)
            if packet.pts is not None:  # the last one may be shown for long
                self._end = max(self._end, packet.pts + (packet.duration or 0))
            left_out = packet.is_discard  # by the file's list of edits
            if mpeg4 and not stamps:
                packed |= is_packed(bytes(packet))
            if packed:  # each place holder is for a picture that came before
                ahead += pictures(bytes(packet)) - 1
            elif mpeg4 and length < MPEG4_SKIPPED:
                ahead = -1
            if packet.is_keyframe and turns(self.codec, bytes(packet), self.extradata):
                turned = True
            if left_out or ahead < 0 or packet.is_corrupt:
                odd = True
            if not left_out and not (hides and not is_shown(self.codec, memoryview(packet))):
                stamps.append(packet.pts)
            if total > MAX_PACKETS:
                raise VideoError(self.path, f'more than {MAX_PACKETS:,} packets')
        self._check_whole(total, stamps)
        self.sure = not odd and self._is_counted(stamps)
        # what a packet shows then hangs on those before it
        self._in_order = packed or turned
        self.num_frames = len(stamps)
        if size > MAX_HELD:
            self.held.clear()
        return stamps

    def _is_counted(self, stamps: list[int | None]) -> bool:
        """Whether every packet gives a frame."""
        if self.codec not in COUNTED.get(self.container.format.name, ()) or not self.held:
            return False
        first = can_start(self.codec, bytes(self.held[0]), self.extradata)
        # What is shown before the first picture has nothing to refer to: by its time, which is none in
        # Matroska where it is below 0, or else by its kind.
        known = [stamp for stamp in stamps if stamp is not None]
        if len(known) < len(stamps) and self.container.format.name in STAMPED:
            return False
        if known and stamps[0] is not None and min(known) < stamps[0]:
            return False
        return first and not (len(self.held) > 1 and is_leading(self.codec, bytes(self.held[1])))

    def _check_whole(self, total: int, stamps: list[int | None]) -> None:
        """Raise a :class:`VideoError` where the file ends early."""
        known = [stamp for stamp in stamps if stamp is not None]
        declared = self.stream.frames
        if self.container.format.name == STAMPED[0]:  # those that the list of edits leaves
            declared = len(self.stream.index_entries)
        if self.container.format.name == 'avi' and total < WHOLE_FROM * declared:
            # dropped frames are empty chunks, which are not read as packets, but which take their time
            total = max(total, max(known, default=-1) + 1)
            if total < WHOLE_FROM * declared:
                total += _empty_chunks(self.path)
        if total < WHOLE_FROM * declared:
            raise VideoError(self.path, f'truncated: {total:,} of {declared:,} frames')
        length = _seconds(self.stream)
        if length > 0 and known:
            last = float(max(known) * self.stream.time_base) + 1 / (self.fps or 1.0)
            end = max(last, float(self._end * self.stream.time_base))
            if end < WHOLE_FROM * length:
                raise VideoError(self.path, f'truncated: {end:.2f} of {length:.2f} s')

    def can_start(self, number: int) -> bool:
        """Whether decoding may begin with a packet: the container says so, and its picture too."""
        packet = self.held[number]
        return packet.is_keyframe and can_start(self.codec, bytes(packet), self.extradata)

    def close(self) -> None:
        """Free decoder and packets; the counts stay."""
        self.container.close()
        self.held, self.ranks = [], {}


def decode_in_order(path: str, num_threads: int = 1) -> Iterator[av.VideoFrame]:
    """All frames of a video, one after the other, from the first."""
    container, stream = open_video(path)
    with container:
        stream.codec_context.thread_count = num_threads
        for frame in container.decode(stream):
            still_wanted()
            check_size(path, frame.width, frame.height)
            yield frame


def no_frames(path: str) -> VideoError:
    """What is said of a video that shows nothing."""
    return VideoError(path, f'0 frames: {os.path.getsize(path):,} bytes')


# of this process
_COUNTS: dict[tuple[str | int, ...], tuple[int, frozenset[int] | None]] = {}


def _decoded(path: str, stamps: list[int | None]) -> tuple[int, frozenset[int] | None]:
    """The frames that decoding gives, and which of the packets' times are of none.

    The latter is None where the frames do not come at rising times that are those of packets.
    """
    found = os.stat(path)
    key = path, found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino
    if key not in _COUNTS:
        came = [frame.pts for frame in decode_in_order(path)]
        if not came:
            raise no_frames(path)
        lost = set(stamps) - set(came)
        rising = None not in came and came == sorted(set(came)) and set(came) <= set(stamps)
        _COUNTS[key] = len(came), frozenset(lost) if rising else None
    return _COUNTS[key]


def _empty_chunks(path: str) -> int:
    """Pictures of size 0 in an AVI file, between its headers and its index, which have such words too."""
    with open(path, 'rb') as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        begin, end = data.find(b'movi'), data.rfind(b'idx1')
        view = memoryview(data)[max(begin, 0) : end if end > 0 else len(data)]
        with view:
            return sum(1 for _ in re.finditer(rb'\d\dd[bc]\0\0\0\0', view))


def _seconds(stream: av.VideoStream) -> float:
    """Length that a Matroska or WebM file declares, which counts no frames; else 0."""
    match = re.fullmatch(r'(\d+):(\d+):(\d+\.\d+)', stream.metadata.get('DURATION', ''))
    hours, minutes, seconds = map(float, match.groups() if match else (0, 0, 0))
    return 3600 * hours + 60 * minutes + seconds
