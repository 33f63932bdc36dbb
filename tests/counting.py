"""Work counted in calls of functions: the same on every machine, where seconds are not."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType
from typing import Any


def calls_of(work: Callable[[], object]) -> int:
    """Number of functions that ``work`` calls, of Python and of C."""
    count = 0

    def note(frame: FrameType, event: str, argument: Any) -> None:
        nonlocal count
        count += event in ('call', 'c_call')

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(before)
    return count


def grows_linearly(work_of: Callable[[int], Callable[[], object]], size: int = 200) -> bool:
    """Whether four times the input takes about four times the calls, not sixteen times."""
    calls_of(work_of(size))  # what is imported or cached the first time
    small, large = (calls_of(work_of(factor * size)) for factor in (1, 4))
    return large < 5 * small
