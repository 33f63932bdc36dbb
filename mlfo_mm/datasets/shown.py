"""What a video shows at its beginning: the same for a copy in another container.

Frames are compared as small grey pictures, as they were decoded: ``ffmpeg -c copy``, other metadata,
other sound or a shorter copy leave them alike to the last bit; a new encoding does not. Needs PyAV.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterator

from mlfo_mm.datasets.content import GONE
from mlfo_mm.video.packets import decode_in_order
from mlfo_mm.video.time_limit import within

FRAMES = 16
SECONDS = 20.0  # for the beginning of one video, and for two to be compared
SIDE = 32  # pixels of the pictures
LONG = 2000  # frames in which two videos are alike, and move: copies, however they go on
NOTHING = 'nothing'


def pictures(path: str) -> Iterator[bytes]:
    """The frames of a video in order, each as a grey picture of ``SIDE`` x ``SIDE``.

    Raises:
        Exception: Whatever a decoder raises; nothing after it is shown.
    """
    for frame in decode_in_order(path):
        yield frame.reformat(SIDE, SIDE, 'gray').to_ndarray().tobytes()


def beginning(path: str) -> str:
    """SHA-256 of a video's first ``FRAMES`` frames; ``NOTHING`` where none is shown.

    ``GONE``, which is asked again, where that takes too long: the machine may be busy.
    """
    try:
        found = within(SECONDS, lambda: list(itertools.islice(pictures(path), FRAMES)))
    except TimeoutError:
        return GONE
    except Exception:  # a damaged header gives any; such a video has no number either
        return NOTHING
    return hashlib.sha256(b''.join(found)).hexdigest() if found else NOTHING


def same(path: str, other: str) -> bool:
    """Whether two videos show the same frames, as far as the shorter one goes, or for ``LONG`` frames.

    Where one is longer, a still picture that both begin with says nothing.
    """
    try:
        return within(SECONDS, lambda: _same(path, other))
    except Exception:  # as above
        return False


def _same(path: str, other: str) -> bool:
    moved, first = False, b''
    for number, (one, two) in enumerate(itertools.zip_longest(pictures(path), pictures(other))):
        if one is None or two is None or (moved and number >= LONG):
            return moved
        if one != two:
            return False
        first = first or one
        moved = moved or one != first
    return True
