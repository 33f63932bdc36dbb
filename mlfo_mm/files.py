"""Files that are either the old version or the new one, never half of it."""

from __future__ import annotations

import contextlib
import os
import uuid
from collections.abc import Iterator
from pathlib import Path

from mlfo_mm.errors import DISK, UserError


@contextlib.contextmanager
def disk_errors(place: str | Path, remedy: str) -> Iterator[None]:
    """Turn what a disk refuses to a library into one line with a remedy.

    Args:
        place: What was being read or written, said where the error does not name a file.
        remedy: What the user can do.

    Raises:
        UserError: In place of an OSError of a disk; others pass.
    """
    try:
        yield
    except OSError as error:
        if error.errno not in DISK:
            raise
        raise UserError(f'{error.filename or place}: {error.strerror}; {remedy}') from error


def write_atomic(path: str | Path, data: str | bytes) -> Path:
    """Write ``data`` to ``path`` so that a kill at any moment leaves a whole file there.

    Text is written as UTF-8, its line ends as they are. The data go to a hidden file in the same
    folder, which is synced and renamed over the target.

    Raises:
        UserError: the folder cannot be made or written (no permission, no space).
    """
    path = Path(path)
    # uuid rather than pid: several machines may write into one shared folder
    aside = path.parent / f'.{path.name[:100]}.{uuid.uuid4().hex}.tmp'
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with aside.open('xb') as file:
                file.write(data.encode() if isinstance(data, str) else data)
                file.flush()
                os.fsync(file.fileno())
            os.replace(aside, path)
        except BaseException:
            with contextlib.suppress(OSError):
                aside.unlink()
            raise
        _sync_folder(path.parent)
    except OSError as error:
        raise UserError(f'cannot write {path}: {error.strerror or error}') from error
    return path


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
