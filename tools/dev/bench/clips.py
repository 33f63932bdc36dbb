"""Videos to measure with: H.264 and DivX (MPEG-4) of drawn motion, or those of a folder."""

from __future__ import annotations

from pathlib import Path

import av
import cv2
import numpy as np

CODECS = {
    'h264.mp4': ('libx264', {'crf': '23', 'preset': 'medium'}),
    'divx.avi': ('mpeg4', {'b': '700000', 'bf': '2', 'g': '60'}),
}
VIDEOS = ('.avi', '.mkv', '.mp4', '.mov', '.webm')


def videos(folder: str | None, made: Path, each: int = 2, frames: int = 150) -> list[Path]:
    """The videos of a folder, or ``each`` of either codec, drawn into ``made``."""
    if folder:
        found = sorted(p for p in Path(folder).rglob('*') if p.suffix.lower() in VIDEOS)
        if not found:
            raise SystemExit(f'error: no video in {folder}')
        return found
    made.mkdir(parents=True, exist_ok=True)
    paths = [made / f'{number}_{codec}' for number in range(each) for codec in CODECS]
    for path in paths:
        write(path, frames, seed=int(path.name[0]))
    return paths


def write(path: Path, frames: int, seed: int = 0, size: tuple[int, int] = (320, 240)) -> None:
    """Write a video of 25 frames a second: a textured ground that pans, discs that cross it, grain."""
    codec, options = CODECS[path.name.split('_', 1)[1]]
    rng = np.random.default_rng(seed)
    width, height = size
    ground = cv2.GaussianBlur(rng.normal(0, 1, (2 * height, 2 * width, 3)), (0, 0), 3)
    ground = np.clip(128 + 400 * ground, 0, 255).astype(np.uint8)
    places, speeds = rng.uniform(0, 200, (4, 2)), rng.uniform(-4, 4, (4, 2))
    colours = rng.integers(0, 256, (4, 3)).tolist()
    with av.open(str(path), 'w') as container:
        stream = container.add_stream(codec, rate=25)
        stream.width, stream.height, stream.pix_fmt, stream.options = *size, 'yuv420p', options
        if codec == 'mpeg4':
            stream.codec_context.codec_tag = 'DX50'
        for index in range(frames):
            x, y = index % width, index // 2 % height
            image = ground[y : y + height, x : x + width].copy()
            for place, speed, colour in zip(places, speeds, colours, strict=True):
                centre = (place + index * speed) % size
                cv2.circle(image, tuple(map(int, centre)), 30, colour, -1)
            grain = rng.normal(0, 3, image.shape).astype(np.int8)
            image = np.clip(image.astype(np.int16) + grain, 0, 255).astype(np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format='rgb24')))
        container.mux(stream.encode())
