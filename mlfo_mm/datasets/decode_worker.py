"""Decode videos named on standard input, one JSON line each way; run as a script by ``check.py``.

A process of its own, which imports nothing but PyAV, can be ended when a decoder hangs or crashes.
"""

from __future__ import annotations

import json
import os
import re
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
    declared, length, end, sizes = 0, 0.0, 0.0, set()
    try:
        with av.open(path) as container:
            if not container.streams.video:
                return result | {'status': 'broken', 'message': 'no video stream'}
            stream = container.streams.video[0]
            stream.codec_context.thread_count = 1
            declared, length = stream.frames, _seconds(stream)
            result['fps'] = round(float(stream.average_rate or 0), 3)
            for frame in container.decode(stream):
                result['frames'] += 1
                result['width'], result['height'] = frame.width, frame.height
                sizes.add((frame.height, frame.width))
                end = (frame.time or 0.0) + 1 / (result['fps'] or 1.0)
    except Exception as error:  # a damaged header gives any, such as AttributeError
        message = f'{error} (after {result["frames"]} frames)'
        return result | {'status': 'broken', 'message': message}
    if result['frames'] == 0:
        return result | {'status': 'empty', 'message': f'0 frames ({os.path.getsize(path)} bytes)'}
    # Headers of healthy files can be off by a frame or two, so only a clear lack counts.
    if result['frames'] < 0.9 * declared:
        message = f'truncated: {result["frames"]} of {declared} frames'
        return result | {'status': 'broken', 'message': message}
    if end < 0.9 * length:
        message = f'truncated: {end:.2f} of {length:.2f} s'
        return result | {'status': 'broken', 'message': message}
    if len(sizes) > 1:
        message = f'frames of several sizes: {sorted(sizes)}'
        return result | {'status': 'broken', 'message': message}
    return result


def _seconds(stream: av.VideoStream) -> float:
    """Length that a Matroska or WebM file declares, which counts no frames; else 0."""
    match = re.fullmatch(r'(\d+):(\d+):(\d+\.\d+)', stream.metadata.get('DURATION', ''))
    hours, minutes, seconds = map(float, match.groups() if match else (0, 0, 0))
    return 3600 * hours + 60 * minutes + seconds


if __name__ == '__main__':
    print('ready', flush=True)
    for line in sys.stdin:
        print(json.dumps(probe(json.loads(line))), flush=True)
