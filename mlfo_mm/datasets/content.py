"""What a list of videos holds: one digest of its lines, its classes and the content of its videos.

A number depends on that, wherever the data lie and whatever they are called. All bytes of a video
are hashed, as each may show. What was hashed is kept by the file's path, size, times and inode below
``$MLFO_CACHE`` (``~/.cache/mlfo_mm``), so that a video is read once on a machine, which takes less
than an epoch that reads them all. Needs neither torch nor mm*.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import stat
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from tqdm import tqdm

from mlfo_mm.datasets.annotation import Sample, read_classes, read_list
from mlfo_mm.errors import UserError
from mlfo_mm.files import write_atomic
from mlfo_mm.roots import named_folder

VARIABLE = 'MLFO_CACHE'
TRAINED_ON = 'trained_on.json'  # in a work directory: the facts of its list, data set and split
VERSION = 1
BYTES = 'all bytes'  # what is kept of a file, see :func:`remembered`
BLOCK = 1 << 20
THREADS = 8  # hashing and reading wait for the disk
FRESH = 2.0  # seconds in which a file may be written twice without another time
GONE = 'not there'
Kept = dict[str, list[Any]]


def stamp(path: str | Path) -> list[int] | None:
    """What tells a file from all that were at its path before; None where there is none."""
    try:
        found = os.stat(path)
    except (OSError, ValueError):
        return None
    if not stat.S_ISREG(found.st_mode):  # a pipe would keep its reader waiting
        return None
    return [found.st_size, found.st_mtime_ns, found.st_ctime_ns, found.st_dev, found.st_ino]


def hash_video(path: str) -> str:
    """SHA-256 of a video's size and bytes."""
    try:
        with open(path, 'rb') as file:
            digest = hashlib.sha256(f'{os.fstat(file.fileno()).st_size}\n'.encode())
            while block := file.read(BLOCK):
                digest.update(block)
    except (OSError, ValueError):
        return GONE
    return digest.hexdigest()


def remembered(
    paths: Iterable[str], what: str, compute: Callable[[str], str], title: str
) -> dict[str, str]:
    """What a function says of files, computed only for those that are new or were changed.

    Args:
        paths: The files; one that is not there has no answer but ``GONE``.
        what: Name of the answers; part of the file that they are kept in.
        compute: Of a path; run in threads. ``GONE`` where it cannot say now: it is asked again.
        title: Of the progress bar.
    """
    by_folder: dict[str, list[str]] = {}
    for path in dict.fromkeys(paths):
        by_folder.setdefault(os.path.dirname(os.path.dirname(path)), []).append(path)
    found: dict[str, str] = {}
    for folder, files in by_folder.items():
        with _alone(_place(folder, what)):
            found |= _of_folder(folder, files, what, compute, title)
    return found


def _of_folder(
    folder: str, files: list[str], what: str, compute: Callable[[str], str], title: str
) -> dict[str, str]:
    stamps = {path: stamp(path) for path in files}
    kept = _read_kept(folder, what)
    found = {}
    for path in files:
        known = kept.get(path)
        if stamps[path] is None:
            found[path] = GONE
        elif known is not None and known[:-1] == stamps[path]:
            found[path] = str(known[-1])
    new = [path for path in files if path not in found]
    if new:
        bar = tqdm(total=len(new), desc=title, unit='video', disable=None, leave=False)
        with ThreadPoolExecutor(THREADS) as pool, bar:
            for path, answer in zip(new, pool.map(compute, new), strict=True):
                found[path] = answer
                bar.update()
        _keep(folder, what, kept, {path: (stamps[path], found[path]) for path in new})
    return found


def videos_of(samples: Iterable[Sample], folder: Path) -> list[str]:
    """Absolute paths of the videos of a list."""
    root = os.path.abspath(folder)
    return [os.path.join(root, sample.path) for sample in samples]


def list_facts(path: Path) -> dict[str, Any]:
    """A list as records hold it.

    Returns:
        ``file`` (its data set's folder and its name), number of ``videos``, ``sha256`` of its lines,
        and ``content``: the digest of lines, classes and videos.
    """
    samples = read_list(path)
    lines = lines_digest(samples)
    files = videos_of(samples, path.parent)
    hashes = remembered(files, BYTES, hash_video, f'content of {path.parent.name} {path.stem}')
    try:
        classes = read_classes(path.parent)
    except UserError:  # a list alone, outside the standard layout
        classes = []
    parts = [VERSION, lines, classes, [hashes[file] for file in files]]
    content = hashlib.sha256(json.dumps(parts).encode()).hexdigest()
    file = f'{path.absolute().parent.name}/{path.name}'
    return dict(file=file, videos=len(samples), sha256=lines, content=content)


def lines_digest(samples: Iterable[Sample]) -> str:
    """SHA-256 of the paths and labels of a list."""
    digest = hashlib.sha256()
    for sample in samples:
        digest.update(f'{sample.path} {sample.label}\n'.encode())
    return digest.hexdigest()


def _place(folder: str, what: str) -> Path:
    usual = os.environ.get('XDG_CACHE_HOME') or os.path.expanduser('~/.cache')
    if usual.startswith('~'):  # a user without a home, as in containers: nothing is kept
        usual = os.devnull
    home = named_folder(VARIABLE) or os.path.join(usual, 'mlfo_mm')
    name = hashlib.sha256(f'{VERSION} {what} {folder}'.encode()).hexdigest()[:32]
    return Path(home) / 'content' / f'{name}.json'


@contextlib.contextmanager
def _alone(place: Path) -> Iterator[None]:
    """Let one process of a machine compute what all of them will ask for, the others wait."""
    with contextlib.ExitStack() as held:
        with contextlib.suppress(OSError):  # a folder that cannot be written: each for itself
            place.parent.mkdir(parents=True, exist_ok=True)
            lock = held.enter_context(place.with_suffix('.lock').open('a'))
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _read_kept(folder: str, what: str) -> Kept:
    try:
        kept = json.loads(_place(folder, what).read_text(encoding='utf-8'))
        return {str(path): list(entry) for path, entry in kept.items() if len(entry) == 6}
    except (OSError, ValueError, TypeError, AttributeError, RecursionError):
        return {}


def _keep(folder: str, what: str, kept: Kept, new: dict[str, tuple[list[int] | None, str]]) -> None:
    """Add what is new; what was changed a moment ago may yet change without another time."""
    now = time.time()
    old_enough = {
        path: [*stamps, answer]
        for path, (stamps, answer) in new.items()
        if stamps is not None
        and answer != GONE
        and min(abs(now - each / 1e9) for each in stamps[1:3]) > FRESH
        and stamp(path) == stamps
    }
    if old_enough:
        with contextlib.suppress(UserError):  # a folder that cannot be written: hashed again
            write_atomic(_place(folder, what), json.dumps(kept | old_enough))
