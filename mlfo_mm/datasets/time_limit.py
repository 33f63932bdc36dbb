"""A time limit for decoding: a decoder may never return from a damaged file."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import TypeVar

from mlfo_mm.errors import UserError

Result = TypeVar('Result')
STEPS = 10  # at least, of a limit


def within(seconds: float | None, call: Callable[[], Result]) -> Result:
    """Return ``call()``, or raise TimeoutError when it takes longer.

    A call that is stuck in C code cannot be ended. It is left behind in a thread of its own, which
    does not keep the process from ending.

    Time in which the whole process was stopped (by a batch system, or Ctrl-Z) does not count.

    Args:
        seconds: The limit; None calls without one, in this thread.
        call: Releases the interpreter's lock where it waits, as decoders do.
    """
    if seconds is None:
        return call()
    answers: SimpleQueue[tuple[Result | None, BaseException | None]] = SimpleQueue()

    def work() -> None:
        try:
            answers.put((call(), None))
        except BaseException as error:
            answers.put((None, error))

    # Not a pool: its threads would be lost in a forked worker, and waited for at the end.
    threading.Thread(target=work, name='decoder', daemon=True).start()
    step = min(seconds / STEPS, 1.0)
    for _ in range(math.ceil(seconds / step)):
        try:
            result, error = answers.get(timeout=step)
        except Empty:  # a stop of the process was in one step at most
            continue
        if error is not None:
            raise error
        return result  # type: ignore[return-value] # no error: it is the result
    raise TimeoutError(f'not decoded within {seconds:g} s')


def check_limit(name: str, seconds: float | None) -> None:
    """Raise a UserError unless a limit is above 0 or None."""
    if seconds is not None and not 0 < seconds < threading.TIMEOUT_MAX:
        raise UserError(f'{name}={seconds}, must be seconds above 0, or None for no limit')
