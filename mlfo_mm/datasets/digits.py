"""The embedded set of moving digits: H.264 files and two label sets over them, made from a seed.

``digits_motion`` (8 classes, the videos lie here) and ``digits_class`` (10 classes, its lists point
to the same videos) are written in the standard layout. What is drawn, and why a single frame does
not tell the motion, is in :mod:`mlfo_mm.datasets.digits_scenes`.
"""

from __future__ import annotations

import multiprocessing
import os
import shutil
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

import av
import cv2
import numpy as np
from filelock import FileLock
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from mlfo_mm.datasets.digits_plan import (
    CLASS_SET,
    MARKER,
    MOTION_SET,
    Clip,
    Settings,
    list_texts,
    meta_text,
    plan,
)
from mlfo_mm.datasets.digits_scenes import draw_clip
from mlfo_mm.errors import UserError
from mlfo_mm.processes import die_with_parent

FRAME_RATE = 25


def write_video(path: Path, frames: np.ndarray) -> None:
    """Encode uint8 (T, H, W, 3) as H.264 in MP4; equal frames give an equal file.

    Each frame is coded by itself at a constant quantiser, so that no trace of its neighbours in it
    can give the motion away; it also makes any frame cheap to reach.
    """
    with av.open(str(path), 'w', options={'fflags': '+bitexact'}) as container:
        stream = container.add_stream('libx264', rate=FRAME_RATE)
        stream.height, stream.width = frames.shape[1:3]
        stream.pix_fmt = 'yuv420p'
        stream.options = {'preset': 'veryfast', 'qp': '25', 'g': '1', 'threads': '1'}
        for frame in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format='rgb24')))
        container.mux(stream.encode())


def _make_clip(folder: Path, clip: Clip, settings: Settings) -> int:
    cv2.setNumThreads(1)
    frames = draw_clip(
        clip.motion, clip.image, clip.seed, clip.frames, settings.size, settings.look
    )
    path = folder / clip.file
    write_video(path, frames)
    return path.stat().st_size


def is_complete(root: Path, settings: Settings) -> bool:
    """Whether ``root`` holds the whole set of these settings, with every video at its full size."""
    clips = plan(settings)
    expected = list_texts(settings, clips)
    try:
        if any((root / path).read_text() != text for path, text in expected.items()):
            return False
        sizes = [(root / MOTION_SET / clip.file).stat().st_size for clip in clips]
        return (root / MOTION_SET / 'meta.csv').read_text() == meta_text(clips, sizes)
    except (OSError, UnicodeDecodeError):
        return False


def _num_cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, 'sched_getaffinity') else os.cpu_count() or 1


def _make_videos(
    folder: Path, clips: list[Clip], settings: Settings, workers: int, progress: bool
) -> list[int]:
    columns = (
        TextColumn('{task.description}'),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(elapsed_when_finished=True),
    )
    sizes = [0] * len(clips)
    console = Console(stderr=True)
    shown = progress and console.is_terminal
    with Progress(*columns, console=console, disable=not shown) as bar:
        task = bar.add_task('drawing clips', total=len(clips))
        if workers == 1:
            for index, clip in enumerate(clips):
                sizes[index] = _make_clip(folder, clip, settings)
                bar.advance(task)
            return sizes
        # fresh interpreters, which import only what draws
        fresh = multiprocessing.get_context('spawn')
        with ProcessPoolExecutor(workers, fresh, die_with_parent, (os.getpid(),)) as pool:
            jobs = {pool.submit(_make_clip, folder, c, settings): i for i, c in enumerate(clips)}
            try:
                for job in as_completed(jobs):
                    sizes[jobs[job]] = job.result()
                    bar.advance(task)
            finally:
                pool.shutdown(cancel_futures=True)
    return sizes


def _check_is_ours(root: Path, overwrite: bool) -> None:
    for folder in (root / MOTION_SET, root / CLASS_SET):
        if folder.exists() and not (folder / MARKER).exists() and not overwrite:
            raise UserError(
                f'{folder} is there without {MARKER}, so this tool may not have made it: '
                'move it away, or replace it with --overwrite'
            )


def _build(root: Path, settings: Settings, workers: int, progress: bool) -> None:
    partial = root / '.digits.partial'
    shutil.rmtree(partial, ignore_errors=True)
    clips = plan(settings)
    try:
        (partial / MOTION_SET / 'videos').mkdir(parents=True)
        (partial / CLASS_SET).mkdir()
        sizes = _make_videos(partial / MOTION_SET, clips, settings, workers, progress)
        for path, text in list_texts(settings, clips).items():
            (partial / path).write_text(text)
        (partial / MOTION_SET / 'meta.csv').write_text(meta_text(clips, sizes))
        # Both folders carry the marker, so whatever a stop in between leaves is known for ours.
        for name in (CLASS_SET, MOTION_SET):
            if (root / name).exists():
                (root / name).rename(partial / f'old_{name}')
            (partial / name).rename(root / name)
    finally:
        shutil.rmtree(partial, ignore_errors=True)


def make_digits(
    root: str | Path,
    settings: Settings | None = None,
    workers: int | None = None,
    progress: bool = True,
    overwrite: bool = False,
) -> Path:
    """Make both label sets under ``root``; a complete set of the same settings is kept as it is.

    The set is built aside and moved into place when whole. A damaged set, or one of other settings
    or of another generator version, is replaced.

    Args:
        root: Folder of data sets; gets ``digits_motion`` and ``digits_class``.
        settings: All that the files depend on; the default ones if None.
        workers: Processes; all available cores if None. Has no influence on the result.
        progress: Whether to show a bar and say what was done, on stderr.
        overwrite: Whether to make the set anew whatever is there.

    Returns:
        ``root`` as a path.

    Raises:
        UserError: A folder that is not ours, no space or no permission.
    """
    root, settings = Path(root), settings or Settings()
    if workers is None:
        workers = min(_num_cores(), settings.num_train + settings.num_test)
    if workers < 1:
        raise UserError(f'workers is at least 1, not {workers}')
    say = Console(
        stderr=True, quiet=not progress, soft_wrap=True, markup=False, highlight=False
    ).print
    what = (
        f'{settings.num_train} training and {settings.num_test} test clips in {root / MOTION_SET}'
    )
    done = f'digits: {what} are complete, nothing to do'
    if not overwrite and is_complete(
        root, settings
    ):  # before the lock: the folder may be read-only
        say(done)
        return root
    try:
        root.mkdir(parents=True, exist_ok=True)
        with FileLock(root / '.digits.lock'):
            if not overwrite and is_complete(root, settings):  # another process made it meanwhile
                say(done)
                return root
            _check_is_ours(root, overwrite)
            if (root / MOTION_SET).exists():
                say(f'digits: replacing what is in {root / MOTION_SET}')
            _build(root, settings, workers, progress)
    except BrokenProcessPool as error:
        raise UserError(
            'a drawing process died (out of memory, or a script without '
            "`if __name__ == '__main__':`?): try again with one worker"
        ) from error
    except (OSError, av.FFmpegError) as error:
        raise UserError(f'cannot write the digits to {root}: {error}') from error
    say(f'digits: made {what}')
    return root
