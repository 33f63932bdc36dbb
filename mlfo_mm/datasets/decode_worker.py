"""Decode videos named on standard input, one JSON line each way; run as a script by ``check.py``.

A process of its own, which imports neither torch nor mm*, can be ended when a decoder hangs or crashes.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

if __name__ == '__main__':  # only this folder's parents, whatever else lies in it
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from mlfo_mm.video.opening import VideoError, one_line
from mlfo_mm.video.orientation import Orientation
from mlfo_mm.video.packets import Packets, decode_in_order, no_frames


def probe(path: str) -> dict[str, Any]:
    """Decode a video from end to end.

    Returns:
        ``status`` (ok, missing, empty, broken), ``frames``, ``width`` and ``height`` as they are shown,
        ``fps`` and ``message``.
    """
    result: dict[str, Any] = {
        'status': 'ok',
        'frames': 0,
        'width': 0,
        'height': 0,
        'fps': 0.0,
        'message': '',
    }
    if not os.path.isfile(path):
        return result | {'status': 'missing', 'message': 'no such file'}
    try:
        _decode(path, result)
    except VideoError as error:
        result['status'], result['message'] = 'broken', error.reason
        if error.reason.startswith('0 frames'):
            result['status'] = 'empty'
            result['message'] = f'0 frames ({os.path.getsize(path)} bytes)'
    except Exception as error:  # a damaged picture gives any
        result['status'] = 'broken'
        result['message'] = f'{one_line(error)} (after {result["frames"]} frames)'
    return result


def _decode(path: str, result: dict[str, Any]) -> None:
    """Fill in what a video shows; :class:`VideoError` where that is not sound."""
    sizes, orientation = set(), Orientation()
    for frame in decode_in_order(path):
        result['frames'] += 1
        size = frame.height, frame.width
        if orientation.of(frame)[0]:  # rows and columns change places
            size = frame.width, frame.height
        sizes.add(size)
        result['height'], result['width'] = size
    video = Packets(path, count=False)
    video.close()
    result['fps'] = round(video.fps, 3)
    if video.sure and result['frames'] != video.num_frames:
        raise VideoError(path, f'{result["frames"]} of {video.num_frames} frames can be decoded')
    if result['frames'] == 0:
        raise no_frames(path)
    if len(sizes) > 1:
        raise VideoError(path, f'frames of several sizes: {sorted(sizes)}')


if __name__ == '__main__':
    print('ready', flush=True)
    for line in sys.stdin:
        print(json.dumps(probe(json.loads(line))), flush=True)
