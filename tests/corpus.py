"""Videos as they come from the world: sound ones of many kinds, and broken ones of many more.

Made anew by each run of the tests. What this build of FFmpeg cannot encode is left out with a reason.
"""

from __future__ import annotations

import ctypes
import os
import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from mlfo_mm.datasets.readers import PyAVReader

FRAMES = 24
ONE = 0x10000
MATRICES = {  # of an MP4 track's header, by clockwise degrees
    90: (0, ONE, 0, -ONE, 0, 0, 0, 0, 0x40000000),
    180: (-ONE, 0, 0, 0, -ONE, 0, 0, 0, 0x40000000),
    270: (0, -ONE, 0, ONE, 0, 0, 0, 0, 0x40000000),
}
SOUND_KINDS = {  # name: codec, frames, size, pixel format, options
    'h264.mp4': ('libx264', FRAMES, (64, 48), 'yuv420p', {'crf': '4', 'g': '12'}),
    'divx.avi': ('mpeg4', FRAMES, (64, 48), 'yuv420p', {'q': '1'}),
    'vp9.webm': ('libvpx-vp9', FRAMES, (64, 48), 'yuv420p', {'deadline': 'realtime', 'crf': '4'}),
    'mpeg2.mpg': ('mpeg2video', FRAMES, (64, 48), 'yuv420p', {'q': '1'}),
    'one frame.mp4': ('libx264', 1, (64, 48), 'yuv420p', {}),
    '1x1.avi': ('mpeg4', 4, (1, 1), 'yuv420p', {}),
    '2x2.mp4': ('libx264', 4, (2, 2), 'yuv420p', {}),
    '17x31.mp4': ('libx264', 8, (17, 31), 'yuv444p', {}),
    '31x17.avi': ('mpeg4', 8, (31, 17), 'yuv420p', {}),
    '4096x16.mp4': ('libx264', 4, (4096, 16), 'yuv420p', {}),
    '16x2304.avi': ('mpeg4', 4, (16, 2304), 'yuv420p', {}),
    'ten bits.mp4': ('libx264', 8, (64, 48), 'yuv420p10le', {}),
    'gray.mp4': ('libx264', 8, (64, 48), 'gray', {}),
    'mit Leerzeichen/Ünïcödé 视频 №1.mp4': ('libx264', 8, (64, 48), 'yuv420p', {}),
    'h264 in truth.avi.mp4': ('libx264', 8, (64, 48), 'yuv420p', {}),
}


@dataclass
class Corpus:
    """Names of the videos below ``folder``; ``left_out`` says what could not be made, and why."""

    folder: Path
    sound: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    left_out: dict[str, str] = field(default_factory=dict)

    def listed(self) -> list[str]:
        """Every video that a list can name, sound and broken ones mixed."""
        return sorted([*self.sound, *self.broken])


def draw(index: int, size: tuple[int, int]) -> np.ndarray:
    """A frame (H, W, 3) with a dark and a bright half, and a corner that tells which way is up."""
    width, height = size
    frame = np.empty((height, width, 3), np.uint8)
    frame[:, : width // 2] = 30 + 3 * index
    frame[:, width // 2 :] = 120 + 4 * index
    frame[: height // 3, : width // 3] = 250
    return frame


def encode(
    path: Path,
    codec: str = 'libx264',
    frames: int = FRAMES,
    size: tuple[int, int] = (64, 48),
    pixels: str = 'yuv420p',
    options: dict[str, str] | None = None,
    times: Sequence[int] | None = None,
    container_options: dict[str, str] | None = None,
    container_format: str | None = None,
) -> Path:
    """Write a video; ``times`` are those of its frames, in 25ths of a second."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), 'w', container_format, options=container_options or {}) as container:
        stream = container.add_stream(codec, rate=25)
        stream.width, stream.height = size
        stream.pix_fmt = pixels
        stream.codec_context.thread_count = 1
        stream.options = options or {}
        for index in range(frames):
            frame = av.VideoFrame.from_ndarray(draw(index, size), format='rgb24')
            if times is not None:
                frame.pts, frame.time_base = times[index], Fraction(1, 25)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def rotate(path: Path, degrees: int) -> Path:
    """Say in an MP4's header that it is to be shown turned clockwise."""
    data = bytearray(path.read_bytes())
    place = data.index(b'tkhd') + 44
    data[place : place + 36] = struct.pack('>9i', *MATRICES[degrees])
    path.write_bytes(data)
    return path


def damage(data: bytes, seed: int, count: int = 20) -> bytes:
    """Some bytes changed at random."""
    rng = np.random.default_rng(seed)
    spoilt = bytearray(data)
    for place in rng.integers(0, len(data), count):
        spoilt[place] = rng.integers(256)
    return bytes(spoilt)


def write_sound(path: Path) -> None:
    """An MP4 with a track of sound and none of pictures."""
    with av.open(str(path), 'w') as container:
        stream = container.add_stream('aac', rate=8000)
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), 'fltp', 'mono')
        frame.sample_rate = 8000
        container.mux(stream.encode(frame))
        container.mux(stream.encode())


def stuck(path: str, num_threads: int = 1) -> PyAVReader:
    """A decoder that never returns from files whose name begins with trap, as those of C may."""
    if os.path.basename(path).startswith('trap'):
        ctypes.CDLL(None).sleep(600)
    return PyAVReader(path, num_threads)


def make_corpus(folder: Path) -> Corpus:
    """Write all of them."""
    corpus = Corpus(folder)
    for name, (codec, frames, size, pixels, options) in SOUND_KINDS.items():
        try:
            encode(folder / name, codec, frames, size, pixels, options)
        except (av.FFmpegError, ValueError) as error:
            corpus.left_out[name] = f'{codec} cannot be encoded here: {error}'
            (folder / name).unlink(missing_ok=True)
        else:
            corpus.sound.append(name)
    (folder / 'h264 in truth.avi.mp4').rename(folder / 'h264 in truth.avi')
    corpus.sound[corpus.sound.index('h264 in truth.avi.mp4')] = 'h264 in truth.avi'
    for degrees in MATRICES:
        rotate(encode(folder / f'turned {degrees}.mp4', frames=6), degrees)
        corpus.sound.append(f'turned {degrees}.mp4')
    times = [3 * i if i > 8 else i for i in range(FRAMES)]
    encode(folder / 'variable rate.mp4', times=times)
    corpus.sound.append('variable rate.mp4')
    _break(corpus, (folder / 'h264.mp4').read_bytes())
    return corpus


def _break(corpus: Corpus, sound: bytes) -> None:
    folder = corpus.folder
    (folder / 'zero.mp4').touch()
    (folder / 'text.mp4').write_text('no video at all\n' * 40)
    (folder / 'noise.avi').write_bytes(np.random.default_rng(0).bytes(3000))
    write_sound(folder / 'sound.mp4')
    (folder / 'folder.mp4').mkdir()
    (folder / 'dangling.mp4').symlink_to('nowhere.mp4')
    (folder / 'loop.mp4').symlink_to('loop.mp4')
    corpus.broken += ['zero.mp4', 'text.mp4', 'noise.avi', 'sound.mp4', 'folder.mp4']
    corpus.broken += ['dangling.mp4', 'loop.mp4']
    for percent in (1, 10, 40, 70, 90):  # the header of an MP4 stands at its end
        name = f'cut at {percent}.mp4'
        (folder / name).write_bytes(sound[: len(sound) * percent // 100])
        corpus.broken.append(name)
    if os.geteuid() == 0:
        corpus.left_out['locked.mp4'] = 'root may read every file'
        return
    (folder / 'locked.mp4').write_bytes(sound)
    (folder / 'locked.mp4').chmod(0)
    corpus.broken.append('locked.mp4')
