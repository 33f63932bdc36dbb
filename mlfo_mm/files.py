"""Files that are either the old version or the new one, never half of it."""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
import time
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from mlfo_mm.errors import DISK, UserError, printable

# what a cell of a spreadsheet begins with that is computed; the wide ones too, in East Asian settings
COMPUTES = ('=', '+', '@', '-', '\uff1d', '\uff0b', '\uff20', '\uff0d')


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


def write_atomic(path: str | Path, data: str | bytes | memoryview) -> Path:
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


def make_writable(folder: str | Path, what: str, option: str) -> Path:
    """Create a folder and prove that files can be written to it, before hours of work.

    Raises:
        UserError: They cannot; it names the option that chooses another folder.
    """
    path = Path(folder)
    try:
        path.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=path) as probe:  # nameless: several processes do this
            probe.write(b'0' * 4096)
            probe.flush()
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        reason = error.strerror if isinstance(error, OSError) else error
        if isinstance(error, FileExistsError):
            reason = 'it is there, and no folder'
        raise UserError(
            f'cannot write to {what} {path}: {reason}; choose another with {option}'
        ) from None
    return path


@contextlib.contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """Open a file to read its bytes.

    Raises:
        UserError: It cannot be read, or is no file (a pipe would keep the reader waiting).
    """
    try:
        if path.exists() and not path.is_file():
            raise UserError(f'cannot read {path}: not a file')
        with path.open('rb') as file:
            yield file
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        reason = error.strerror if isinstance(error, OSError) else error
        raise UserError(f'cannot read {path}: {reason}') from error


def read_text(path: str | Path) -> str:
    """The UTF-8 text of a file, without a byte order mark, its line ends as they are.

    Raises:
        UserError: As :func:`opened`, or it is in another encoding: the line that shows it is named.
    """
    path = Path(path)
    with opened(path) as file:
        raw = file.read()
    try:
        return raw.decode('utf-8').removeprefix('\ufeff')
    except UnicodeDecodeError as error:
        line = raw.count(b'\n', 0, error.start) + 1
        raise UserError(f'{path}:{line}: {not_utf8(raw)}') from error


def file_sha256(path: Path) -> str:
    """SHA-256 of a file of any size, as records hold it."""
    with path.open('rb') as file:
        return hashlib.file_digest(file, 'sha256').hexdigest()


def stay_inside(path: Path, folder: Path) -> None:
    """Raise a UserError where a link leads from a path below a folder out of it."""
    try:
        inside = path.resolve().is_relative_to(folder.resolve())
    except (RuntimeError, OSError):  # links in a circle
        inside = False
    if not inside:
        raise UserError(f'{path}: a link leads out of {folder}; name the place itself')


def no_formula(text: str) -> str:
    """A text as a cell of CSV that a spreadsheet takes for a text: a quote before what computes."""
    text = printable(text, len(text))
    return f"'{text}" if text.lstrip().startswith(COMPUTES) else text


def not_utf8(raw: bytes) -> str:
    """What is wrong with a text that does not decode, and what mends it."""
    wide = raw.startswith((b'\xff\xfe', b'\xfe\xff')) or b'\0' in raw
    return f'not UTF-8 text{" but UTF-16, as it seems" if wide else ""}; save it as UTF-8'


def remove_leftovers(folder: Path, seconds: float = 3600) -> None:
    """Delete what ``write_atomic`` was writing when it was killed, so long ago that it is dead."""
    for path in folder.glob('.*.tmp'):
        with contextlib.suppress(OSError):
            if time.time() - path.stat().st_mtime > seconds:
                path.unlink()


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
