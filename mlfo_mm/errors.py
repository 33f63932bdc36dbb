"""What a user can cause ends in one line and a non-zero exit, not in a traceback."""

from __future__ import annotations

import difflib
import errno
import functools
import sys
from collections.abc import Callable, Iterable

# what a full, read-only or failing disk answers
DISK = {
    errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EPERM, errno.EIO,
    errno.ENOTDIR, errno.EISDIR, errno.ESTALE,
}  # fmt: skip


class UserError(Exception):
    """A fault that the user can mend; the message names the file, key or command that would."""

    def __init__(self, message: str) -> None:
        # A DataLoader worker's error comes back with its whole traceback as the message.
        super().__init__(message.rsplit(f'{__name__}.UserError: ', 1)[-1].strip())


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return ``' (did you mean ...?)'`` for the nearest known name, or an empty string."""
    near = difflib.get_close_matches(name, list(known), n=1)
    return f' (did you mean {near[0]!r}?)' if near else ''


def reason_of(error: Exception) -> str:
    """An error in one line, as records and whoever called a tool hold it."""
    name = '' if isinstance(error, UserError) else f'{type(error).__name__}: '
    return ' '.join(f'{name}{error}'.split()) or type(error).__name__


def cli(main: Callable[..., None]) -> Callable[..., None]:
    """Decorate a tool's ``main``: what a user can mend prints ``error: ...`` and exits with 2.

    That is a :class:`UserError`, or an OSError of a disk.
    """

    @functools.wraps(main)
    def wrapped(*args, **kwargs) -> None:
        try:
            main(*args, **kwargs)
        except UserError as error:
            print(f'error: {error}', file=sys.stderr)
            sys.exit(2)
        except OSError as error:
            if error.errno not in DISK:
                raise
            where = f'{error.filename}: ' if error.filename else ''
            print(f'error: {where}{error.strerror}', file=sys.stderr)
            sys.exit(2)

    return wrapped
