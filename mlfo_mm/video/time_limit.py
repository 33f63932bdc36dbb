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
_work = threading.local()  # ``given_up``, of a thread whose result somebody waited for


def within(seconds: float | None, call: Callable[[], Result]) -> Result:
    """Return ``call()``, or raise TimeoutError when it takes longer.

    The call is in a thread of its own, which ends when it next asks whether it is :func:`still_wanted`.
    One that is stuck in C code cannot; it does not keep the process from ending.

    Time in which the whole process was stopped (by a batch system, or Ctrl-Z) does not count.

    Args:
        seconds: The limit; None calls without one, in this thread.
        call: Releases the interpreter's lock where it waits, as decoders do.
    """
    if seconds is None:
        return call()
    answers: SimpleQueue[tuple[Result | None, BaseException | None]] = SimpleQueue()
    given_up = threading.Event()

    def work() -> None:
        _work.given_up = given_up
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
    given_up.set()
    raise TimeoutError(f'not decoded within {seconds:g} s')


def still_wanted() -> None:
    """Raise TimeoutError where nobody waits any more for what this thread does."""
    given_up = getattr(_work, 'given_up', None)
    if given_up is not None and given_up.is_set():
        raise TimeoutError('nobody waits for it any more')


def check_limit(name: str, seconds: float | None) -> None:
    """Raise a UserError unless a limit is above 0 or None."""
    if seconds is not None and not 0 < seconds < threading.TIMEOUT_MAX:
        raise UserError(f'{name}={seconds}, must be seconds above 0, or None for no limit')
