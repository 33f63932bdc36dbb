"""Decode videos named on standard input, one JSON line each way; run as a script by ``check.py``.

A process of its own, which imports nothing but PyAV, can be ended when a decoder hangs or crashes.
"""

from __future__ import annotations

import json
import os
import sys
from typing import Any

import av


def probe(path: str) -> dict[str, Any]:
    """Decode a video from end to end.

    Returns:
        ``status`` (ok, missing, empty, broken), ``frames``, ``width``, ``height``, ``fps`` and
        ``message``.
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
    if os.path.getsize(path) == 0:
        return result | {'status': 'empty', 'message': '0 frames (0 bytes)'}
    declared = 0
    try:
        with av.open(path) as container:
            if not container.streams.video:
                return result | {'status': 'broken', 'message': 'no video stream'}
            stream = container.streams.video[0]
            stream.codec_context.thread_count = 1
            declared = stream.frames
            result['fps'] = round(float(stream.average_rate or 0), 3)
            for frame in container.decode(stream):
                result['frames'] += 1
                result['width'], result['height'] = frame.width, frame.height
    except (av.FFmpegError, OSError, ValueError) as error:
        message = f'{error} (after {result["frames"]} frames)'
        return result | {'status': 'broken', 'message': message}
    if result['frames'] == 0:
        return result | {'status': 'empty', 'message': f'0 frames ({os.path.getsize(path)} bytes)'}
    # Headers of healthy files can be off by a frame or two, so only a clear lack counts.
    if result['frames'] < 0.9 * declared:
        message = f'truncated: {result["frames"]} of {declared} frames'
        return result | {'status': 'broken', 'message': message}
    return result


if __name__ == '__main__':
    print('ready', flush=True)
    for line in sys.stdin:
        print(json.dumps(probe(json.loads(line))), flush=True)
