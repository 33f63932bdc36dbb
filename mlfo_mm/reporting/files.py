"""Files that are either the old version or the new one, never half of it."""

from __future__ import annotations

import contextlib
import os
import uuid
from pathlib import Path

from mlfo_mm.errors import UserError


def write_atomic(path: str | Path, text: str) -> Path:
    """Write ``text`` to ``path`` so that a kill at any moment leaves a whole file there.

    The text goes to a hidden file in the same folder, which is synced and renamed over the target.

    Raises:
        UserError: the folder cannot be made or written (no permission, no space).
    """
    path = Path(path)
    # uuid rather than pid: several machines may write into one shared folder
    aside = path.parent / f'.{path.name[:100]}.{uuid.uuid4().hex}.tmp'
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with aside.open('x', encoding='utf-8', newline='') as file:
                file.write(text)
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
