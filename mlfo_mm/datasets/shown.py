"""What a video shows at its beginning: the same for a copy in another container.

Frames are compared as small grey pictures, as they were decoded: ``ffmpeg -c copy``, other metadata,
other sound or a shorter copy leave them alike to the last bit; a new encoding does not. Needs PyAV.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterator

import av

from mlfo_mm.video.time_limit import within

FRAMES = 16
SECONDS = 20.0  # for the beginning of one video
SIDE = 32  # pixels of the pictures
LARGEST = 4096 * 4096  # pixels of a frame; larger ones are not decoded here
NOTHING = 'nothing'
# demuxers that open no other file than the one that they are given
FORMATS = (
    'mov,mp4,m4a,3gp,3g2,mj2', 'avi', 'matroska,webm', 'mpegts', 'mpeg', 'mpegvideo', 'asf', 'flv',
    'ogg', 'gif', 'm4v', 'h264', 'hevc', 'dv', 'nut', 'mxf', 'rm', 'yuv4mpegpipe', 'ivf', 'swf',
)  # fmt: skip


def pictures(path: str) -> Iterator[bytes]:
    """The frames of a video in order, each as a grey picture of ``SIDE`` x ``SIDE``.

    Raises:
        Exception: Whatever a decoder raises; nothing after it is shown.
    """
    with av.open(path, options={'format_whitelist': ','.join(FORMATS)}) as container:
        stream = container.streams.video[0]
        stream.codec_context.thread_count = 1
        if stream.codec_context.width * stream.codec_context.height > LARGEST:
            return
        for frame in container.decode(stream):
            yield frame.reformat(SIDE, SIDE, 'gray').to_ndarray().tobytes()


def beginning(path: str) -> str:
    """SHA-256 of a video's first ``FRAMES`` frames; ``NOTHING`` where none is shown."""
    try:
        found = within(SECONDS, lambda: list(itertools.islice(pictures(path), FRAMES)))
    except Exception:  # a damaged header gives any; such a video has no number either
        return NOTHING
    return hashlib.sha256(b''.join(found)).hexdigest() if found else NOTHING


def same(path: str, other: str) -> bool:
    """Whether two videos show the same frames, as far as the shorter one goes.

    Where one is longer, a still picture that both begin with says nothing.
    """
    moved, first = False, b''
    try:
        for one, two in itertools.zip_longest(pictures(path), pictures(other)):
            if one is None or two is None:
                return moved
            if one != two:
                return False
            first = first or one
            moved = moved or one != first
    except Exception:  # as above
        return False
    return True
