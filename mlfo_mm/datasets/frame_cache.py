"""Decoded frames on disk: decode a small data set once and not in every epoch.

``MLFO_FRAME_CACHE`` names the folder. A video has two files there, named by a hash of its path,
size, times and inode, so that a video that was changed is decoded again, also one with its time set
back:

``<hash>.npy``   (T, H, W, 3) uint8 RGB, every frame as its decoder gave it, or scaled down
``<hash>.json``  frames a second, decoder, bytes and SHA-256 of the other file; written last
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from mlfo_mm.datasets.readers import Fit
from mlfo_mm.errors import UserError
from mlfo_mm.files import file_sha256, write_atomic
from mlfo_mm.processes import die_with_parent
from mlfo_mm.roots import named_folder

VARIABLE = 'MLFO_FRAME_CACHE'
# 1: frames by decord, which are not always those of their number; 2: those that are not shown too
VERSION = 3
SPARE_BYTES = 1 << 30  # of the disk, never filled


def cache_folder() -> Path | None:
    """The folder of the cache; None where none is asked for."""
    return named_folder(VARIABLE)


def entry(folder: Path, video: str | Path, short_side: int | None = None) -> Path:
    """Where a video's frames are, whole or of some short side, without suffix.

    Raises:
        OSError: The video is not there.
    """
    path = os.path.realpath(video)
    found = os.stat(path)
    stamp = [found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_ino]
    text = json.dumps([VERSION, path, stamp, short_side])
    key = hashlib.sha256(text.encode()).hexdigest()[:32]
    return folder / key[:2] / key


class CachedReader:
    """Frames by index from the cache."""

    def __init__(self, place: Path, facts: dict[str, Any]) -> None:
        self._path = place.with_suffix('.npy')
        with self._path.open('rb') as file:
            if np.lib.format.read_magic(file) != (1, 0):
                raise ValueError(f'{self._path}: not as np.save writes so few dimensions')
            shape, fortran, dtype = np.lib.format.read_array_header_1_0(file)
            self._begin = file.tell()
        if dtype != np.uint8 or fortran or not _is_video(shape):
            raise ValueError(f'{self._path}: {dtype} of {shape}')
        self.num_frames, *self._size = shape
        self.fps = float(facts['fps'])

    def read(self, indices: np.ndarray, fit: Fit | None = None) -> Sequence[np.ndarray]:
        """The frames at ``indices`` (sorted, unique) as (H, W, 3) uint8 RGB, copied."""
        # not mapped: what is mapped and cut off by others would kill the process
        with self._path.open('rb', buffering=0) as file:
            frames = [self._frame(file, index) for index in indices.tolist()]
        return frames if fit is None else [fit(frame) for frame in frames]

    def _frame(self, file: io.FileIO, index: int) -> np.ndarray:
        if not 0 <= index < self.num_frames:
            raise IndexError(f'frame {index} of {self.num_frames} in {self._path}')
        frame = np.empty(self._size, np.uint8)
        file.seek(self._begin + index * frame.nbytes)
        if file.readinto(frame) != frame.nbytes:
            raise OSError(f'{self._path}: ends within frame {index}')
        return frame


def open_cached(
    video: str, decoder: str, short_side: int | None = None
) -> tuple[CachedReader, str] | None:
    """The reader of a video's stored frames and the decoder that gave them; None if there is none.

    An entry that is not whole, or another decoder's, counts as none.

    Args:
        video: Path.
        decoder: That the frames must be of.
        short_side: Frames of this short side will do, and are taken rather than whole ones.
    """
    folder = cache_folder()
    if folder is None:
        return None
    for side in dict.fromkeys([short_side, None]):
        try:
            place = entry(folder, video, side)
            facts = _facts(place)
            if facts is not None and facts['decoder'] == decoder:
                return CachedReader(place, facts), f'{decoder} (cached)'
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return None


def _is_video(shape: tuple[int, ...]) -> bool:
    return len(shape) == 4 and shape[3] == 3 and min(shape) > 0


@dataclass
class Built:
    """What building gave: videos stored now and before, their bytes, and those that failed."""

    new: int = 0
    old: int = 0
    size: int = 0
    failed: dict[str, str] = field(default_factory=dict)


def build(
    folder: Path,
    videos: Iterable[Path],
    decode: Callable[[str], tuple[np.ndarray, float, str]],
    workers: int = 2,
    verify: bool = False,
    progress: bool = True,
    short_side: int | None = None,
) -> Built:
    """Store videos that are not there yet, in parallel.

    Args:
        folder: Of the cache.
        videos: Paths.
        decode: All frames (T, H, W, 3), frames a second and decoder's name of a path; picklable.
        workers: Decoding processes.
        verify: Hash what is there, and make anew what does not agree.
        progress: Show a progress bar with the time left on standard error.
        short_side: Of the frames that ``decode`` gives, where it scales them down.

    Raises:
        UserError: The folder cannot be written, or the disk would be full.
    """
    if workers < 1:
        raise UserError(f'{workers} workers: at least 1')
    built = Built()
    # a worker waits for work for ever when its parent is killed
    with ProcessPoolExecutor(workers, None, die_with_parent, (os.getpid(),)) as pool:
        store = partial(_store, folder, decode, verify, short_side)
        jobs = {pool.submit(store, str(video)): str(video) for video in videos}
        bar = tqdm(
            as_completed(jobs), total=len(jobs), unit='video', disable=None if progress else True
        )
        try:
            for job in bar:
                size, new, reason = job.result()
                built.new, built.old = built.new + (size > 0 and new), built.old + (not new)
                built.size += size
                if reason:
                    built.failed[jobs[job]] = reason
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    return built


def _store(
    folder: Path,
    decode: Callable[[str], tuple[np.ndarray, float, str]],
    verify: bool,
    short_side: int | None,
    video: str,
) -> tuple[int, bool, str]:
    """Bytes of a video's entry, whether it was made now, and why there is none."""
    try:
        place = entry(folder, video, short_side)
    except OSError as error:
        return 0, True, error.strerror or str(error)
    stored = _facts(place, verify)
    if stored is not None:
        return int(stored['bytes']), False, ''
    try:
        frames, fps, decoder = decode(video)
    except Exception as error:  # whatever the decoder raises: the video is named, others go on
        return 0, True, str(error)
    file = io.BytesIO()
    np.save(file, frames)
    data = file.getbuffer()  # not copied
    folder.mkdir(parents=True, exist_ok=True)
    if shutil.disk_usage(folder).free < len(data) + SPARE_BYTES:
        raise UserError(f'{folder}: less than 1 GiB would be left on the disk; stopped')
    write_atomic(place.with_suffix('.npy'), data)
    digest = hashlib.sha256(data).hexdigest()
    facts = dict(video=video, fps=fps, decoder=decoder, bytes=len(data), sha256=digest)
    write_atomic(place.with_suffix('.json'), json.dumps(facts))
    return len(data), True, ''


def _facts(place: Path, verify: bool = False) -> dict[str, Any] | None:
    """What an entry's JSON says; None where the entry is not whole."""
    path = place.with_suffix('.npy')
    try:
        facts = json.loads(place.with_suffix('.json').read_text())
        whole = path.stat().st_size == facts['bytes']
        if whole and verify:
            whole = file_sha256(path) == facts['sha256']
        return facts if whole else None
    except (OSError, ValueError, KeyError, TypeError):
        return None
