"""How far a tool is, in a small file for whoever called it: the benchmark's runner says it in its line.

The variable ``MLFO_PROGRESS`` names the file; without it nothing is written.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
from pathlib import Path
from typing import NamedTuple

VARIABLE = 'MLFO_PROGRESS'
LEAST_S = 5.0  # between two words of the same work


class Progress(NamedTuple):
    """How far a work was when it was last told.

    Attributes:
        what: In words, such as ``epoch 3/100``.
        share: Of it that is done, 0 to 1.
        left: Seconds that the rest takes at the pace so far; None before anything is done.
        told: When, in seconds of the clock.
    """

    what: str
    share: float
    left: float | None
    told: float

    def left_at(self, now: float) -> float | None:
        """Seconds left at a moment."""
        return None if self.left is None else max(self.left - max(now - self.told, 0.0), 0.0)


class Teller:
    """Tells how far a work is, where someone wants to know.

    Args:
        total: Steps of the work.
        first: Steps that were done before it began here.
    """

    def __init__(self, total: int, first: int = 0) -> None:
        self.total, self.first = total, first
        self.start = time.monotonic()
        self.told = self.start - LEAST_S
        self.path = os.environ.get(VARIABLE, '')

    def tell(self, done: int, what: str) -> None:
        """Say that so many steps are done; most calls but the last do nothing.

        Args:
            done: Steps, those before the start included.
            what: In words.
        """
        now = time.monotonic()
        if not self.path or (now - self.told < LEAST_S and done < self.total):
            return
        self.told = now
        new, rest = done - self.first, self.total - done
        left = (now - self.start) / new * rest if new > 0 else None
        said = dict(what=what, share=done / max(self.total, 1), left=left, told=time.time())
        with contextlib.suppress(OSError):  # it is for information alone
            path = Path(self.path)
            aside = path.with_name(f'.{path.name}.tmp')
            aside.write_text(json.dumps(said))
            aside.replace(path)


def read_progress(path: Path) -> Progress | None:
    """What was last told; None where nothing was."""
    try:
        said = json.loads(path.read_text())
        left = None if said['left'] is None else float(said['left'])
        return Progress(str(said['what']), float(said['share']), left, float(said['told']))
    except (OSError, ValueError, TypeError, KeyError):
        return None


def spell(seconds: float) -> str:
    """A duration in words; one below 0, of a clock that was set back, is none."""
    seconds = max(seconds, 0.0)
    minutes = round(seconds / 60)
    if seconds < 90:
        return f'{round(seconds)} s'
    if minutes < 90:
        return f'{minutes} min'
    hours, minutes = divmod(round(minutes, -1 if minutes > 300 else 0), 60)
    return f'{hours} h {minutes} min' if minutes else f'{hours} h'
