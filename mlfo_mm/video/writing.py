"""Frames to a file that browsers and players show."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
from PIL import Image


def write_frames(path: str | Path, frames: np.ndarray, fps: float) -> None:
    """Write uint8 RGB (T, H, W, 3) as a GIF, or by any other suffix as a video in H.264.

    A video has an even height and width: the last row or column is repeated where one is odd.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == '.gif':
        first, *rest = map(Image.fromarray, frames)
        first.save(path, save_all=True, append_images=rest, duration=1000 / fps, loop=0)
        return
    height, width = frames.shape[1:3]
    frames = np.pad(frames, ((0, 0), (0, height % 2), (0, width % 2), (0, 0)), mode='edge')
    with av.open(str(path), 'w') as container:
        stream = container.add_stream('libx264', rate=round(fps))
        stream.height, stream.width, stream.pix_fmt = *frames.shape[1:3], 'yuv420p'
        for frame in frames:
            picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(frame), format='rgb24')
            container.mux(stream.encode(picture))
        container.mux(stream.encode())
