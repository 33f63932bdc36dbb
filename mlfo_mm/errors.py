"""What a user can cause ends in one line and a non-zero exit, not in a traceback.

:func:`line_of` is the one place that tells such an error from a fault of the code.
"""

from __future__ import annotations

import difflib
import errno
import os
import re
import sys
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType

from mlfo_mm.commands import INSTALLED, as_typed

# what a full, read-only, failing or vanished disk answers
DISK = {
    errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO,
    errno.ENOTDIR, errno.EISDIR, errno.ESTALE, errno.ENOENT, errno.ENAMETOOLONG, errno.ELOOP,
    errno.ENXIO, errno.ENODEV, errno.EBUSY, errno.EEXIST, errno.ENOTEMPTY,
}  # fmt: skip
# what a system without room answers, which torch, mmengine and others put into words of their own
SYSTEM = (
    (
        r'workers are out of shared memory|bus error|(open|allocate|resize|map|write).{0,40}(shared '
        r'memory|</?torch_)|No space left on device.{0,20}/torch_|/dev/shm',
        'the shared memory (/dev/shm) is too small for the data loading processes: '
        'train_dataloader.num_workers=0 does without, docker run --shm-size=8g gives more',
    ),
    (
        r'DataLoader worker \(pid.{0,200}(killed|exited)|process pool was terminated abruptly',
        'a data loading process was killed, as the system does when memory ends: fewer of them '
        '(train_dataloader.num_workers, --workers), or a smaller train_dataloader.batch_size',
    ),
    (
        r"out of memory|can't allocate memory|cannot allocate memory|MemoryError",
        'memory is not enough: a smaller batch_size, fewer num_workers, or --amp',
    ),
    (
        r'EADDRINUSE|address already in use',
        'the port is in use by another job: name a free one in PORT',
    ),
    (
        r'too many open files|items of ancdata',
        'too many open files: raise the limit (ulimit -n 4096), or lower num_workers',
    ),
)
LONGEST, HEAD = 2000, 1500  # letters of a message, and of it before the gap where it is longer
OWN, ROOT = 'mlfo_mm', Path(__file__).resolve().parents[1]


class UserError(Exception):
    """A fault that the user can mend; the message names the file, key or command that would.

    Args:
        message: One line; what is in it of files and other foreign text is made printable.
        status: Exit status of the tool that ends with it.
    """

    def __init__(self, message: str, status: int = 2) -> None:
        # A DataLoader worker's error comes back with its whole traceback as the message.
        message = message.rsplit(f'{__name__}.UserError: ', 1)[-1].strip()
        super().__init__(printable(as_typed(message)))
        self.status = status


def printable(text: str, longest: int = LONGEST) -> str:
    """A text in one line without control characters; of a long one head and tail."""
    if len(text) > longest:
        head = longest * HEAD // LONGEST
        text = f'{text[:head]} ... {text[head - longest :]}'
    text = re.sub(r'\s*[\r\n]+\s*', ' ', text)
    if text.isprintable():
        return text
    return ''.join(letter if letter.isprintable() else repr(letter)[1:-1] for letter in text)


def printable_lines(text: str) -> str:
    """A text of several lines in which foreign names cannot move a terminal's cursor."""
    return '\n'.join(printable(line, len(line)) for line in text.split('\n'))


def short(name: object) -> str:
    """A foreign name, such as that of a tensor, as a message among others shows it."""
    return printable(str(name), 120)


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return ``' (did you mean ...?)'`` for the nearest known name, or an empty string.

    >>> did_you_mean('mlof', ['simclr', 'mlfo'])
    " (did you mean 'mlfo'?)"
    """
    near = difflib.get_close_matches(name[:LONGEST], list(known), n=1)
    return f' (did you mean {near[0]!r}?)' if near else ''


def line_of(error: BaseException) -> str | None:
    """What a user can mend, in one line; None where an error is a fault of the code."""
    if isinstance(error, UserError):
        return str(error)
    if isinstance(error, OSError):
        code, where = error.errno, error.filename
        # out of a DataLoader's worker it is a text
        told = re.search(r"\[Errno (\d+)\] [^:\n]*(?:: '(.*)')?\s*$", str(error))
        if code is None and told:
            code, where = int(told[1]), told[2]
        if code in DISK:
            return printable(f'{where}: {os.strerror(code)}' if where else os.strerror(code))
    if isinstance(error, ImportError) and (error.name or '').partition('.')[0] != OWN:
        said = printable(str(error), 300)  # without a name, a library says it in its own words
        return f'{said}: {environment()}' if error.name else said
    text = f'{type(error).__name__}: {error}'
    for pattern, line in SYSTEM:
        if re.search(pattern, text, re.IGNORECASE):
            return line
    return None


def environment() -> str:
    """The command that brings what is not installed."""
    if unused_environment():
        return unused_environment()
    if INSTALLED:
        carried = Path(__file__).resolve().parent / '.mim'
        lists = f'-c {carried}/constraints.txt -r {carried}/openmmlab.txt'
        return f'python -m pip install --no-deps {lists}'
    return f'make install in {ROOT}, then source .venv/bin/activate'


def unused_environment() -> str:
    """The command that takes the environment of ``make install``; empty where one is active."""
    activate = ROOT / '.venv/bin/activate'
    return f'source {activate}' if sys.prefix == sys.base_prefix and activate.is_file() else ''


def reason_of(error: Exception) -> str:
    """An error in one line, as records and whoever called a tool hold it."""
    line = line_of(error)
    return printable(f'{type(error).__name__}: {error}' if line is None else line)


def one_line(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """A ``sys.excepthook`` that ends a program as tools end: imports run before their ``main``."""
    line = line_of(error)
    if line is None:
        sys.__excepthook__(kind, error, trace)
        return
    print(f'error: {line}', file=sys.stderr)
    if not hasattr(sys, 'ps1'):  # not at a prompt
        sys.exit(2)
