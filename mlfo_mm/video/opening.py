"""Open a file as a video of its own, and as nothing else."""

from __future__ import annotations

import errno
import os

import av
from av.container import InputContainer
from av.stream import Disposition

# Demuxers of files that hold their pictures themselves. FFmpeg has others for playlists (of other
# files, or of the network), for single images, captions and devices; it picks one by a file's content,
# whatever its name is.
FORMATS = (
    'apng', 'asf', 'av1', 'avi', 'dv', 'flic', 'flv', 'gif', 'gxf', 'h261', 'h263', 'h264', 'hevc',
    'ivf', 'm4v', 'matroska', 'mjpeg', 'mov', 'mp4', 'mpeg', 'mpegts', 'mpegvideo', 'mxf', 'nsv',
    'nut', 'obu', 'ogg', 'rm', 'swf', 'vc1', 'vvc', 'webm', 'wtv', 'yuv4mpegpipe',
)  # fmt: skip
OPTIONS = {'format_whitelist': ','.join(FORMATS), 'protocol_whitelist': 'file'}
# Of one frame. A decoder holds up to 17 of them, whatever is made of them: 53 MB each at this size.
MAX_PIXELS = 8192 * 4320
# As decoders count them, who round sizes up: beyond it they refuse to begin, whatever the header says.
DECODED_PIXELS = MAX_PIXELS * 5 // 4
MAX_PACKETS = 2_000_000  # a day at 25 frames a second


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


def open_video(path: str) -> tuple[InputContainer, av.VideoStream]:
    """Open a video; its pictures are those of the stream that a player shows.

    Raises:
        VideoError: It is no file, no video, or larger than :data:`MAX_PIXELS`.
    """
    if not os.path.exists(path):
        raise VideoError(path, 'no such file')
    if not os.path.isfile(path):  # a pipe would keep the reader waiting
        raise VideoError(path, 'a folder, not a file' if os.path.isdir(path) else 'not a file')
    if os.path.getsize(path) == 0:
        raise VideoError(path, '0 frames: 0 bytes')
    try:
        # titles need not be UTF-8, and names may begin as addresses do
        container = av.open(f'file:{path}', options=OPTIONS, metadata_errors='replace')
    except Exception as error:  # a damaged header gives any, such as AttributeError
        if isinstance(error, av.FFmpegError) and error.errno == errno.EINVAL:
            raise VideoError(path, 'no video stream: not what a video file holds') from error
        raise VideoError(path, one_line(error)) from error
    try:
        stream = container.streams.best('video')
        if stream is None or _is_cover(stream):  # which may be the one that is marked as default
            stream = next((s for s in container.streams.video if not _is_cover(s)), None)
        if stream is None:
            raise VideoError(path, 'no video stream')
        context = stream.codec_context
        check_size(path, context.width, context.height)
        context.options = {**context.options, 'max_pixels': str(DECODED_PIXELS)}
    except BaseException:
        container.close()
        raise
    return container, stream


def _is_cover(stream: av.VideoStream) -> bool:
    return bool(stream.disposition & Disposition.attached_pic)


def check_size(path: str, width: int, height: int) -> None:
    """Raise a :class:`VideoError` where frames have more than :data:`MAX_PIXELS`."""
    if width * height > MAX_PIXELS:
        raise VideoError(
            path,
            f'frames of {width} x {height}: more than {MAX_PIXELS / 1e6:.0f} million pixels; '
            f'scale it down: ffmpeg -i FILE -vf scale=-2:720 NEW',
        )


def one_line(error: Exception) -> str:
    """What an error says, in one line."""
    text = str(getattr(error, 'strerror', None) or error).strip()
    return text.splitlines()[0] if text else repr(error)
