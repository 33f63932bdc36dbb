"""What a user can cause ends in one line and a non-zero exit, not in a traceback."""

from __future__ import annotations

import difflib
import functools
import sys
from collections.abc import Callable, Iterable


class UserError(Exception):
    """A fault that the user can mend; the message names the file, key or command that would."""

    def __init__(self, message: str) -> None:
        # A DataLoader worker's error comes back with its whole traceback as the message.
        super().__init__(message.rsplit(f'{__name__}.UserError: ', 1)[-1].strip())


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return ``' (did you mean ...?)'`` for the nearest known name, or an empty string."""
    near = difflib.get_close_matches(name, list(known), n=1)
    return f' (did you mean {near[0]!r}?)' if near else ''


def cli(main: Callable[..., None]) -> Callable[..., None]:
    """Decorate a tool's ``main``: a :class:`UserError` prints ``error: ...`` and exits with 2."""

    @functools.wraps(main)
    def wrapped(*args, **kwargs) -> None:
        try:
            main(*args, **kwargs)
        except UserError as error:
            print(f'error: {error}', file=sys.stderr)
            sys.exit(2)

    return wrapped
