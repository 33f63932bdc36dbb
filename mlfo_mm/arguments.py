"""Kinds of numbers on command lines: each ``type`` of argparse says what it takes."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable

from mlfo_mm.errors import printable

DURATION = re.compile(r'(\d{1,6}(?:\.\d{1,3})?)([smh])')
LARGEST_SEED = 2**31 - 1  # processes and workers add their numbers to it, NumPy takes 32 bits


def whole(least: int, most: int = 10**9) -> Callable[[str], int]:
    """A whole number within bounds."""

    def number(text: str) -> int:
        try:
            value = int(text)
        except ValueError:  # no digits, or thousands of them
            value = least - 1
        if not least <= value <= most:
            raise argparse.ArgumentTypeError(
                f'{printable(text, 40)!r} is no whole number from {least} to {most}'
            )
        return value

    return number


def duration(text: str) -> float:
    """Seconds of a time such as ``90s``, ``12m`` or ``1.5h``."""
    match = DURATION.fullmatch(text)
    if match is None or not float(match[1]):
        raise argparse.ArgumentTypeError(
            f'{printable(text, 40)!r} is no time such as 90s, 12m or 1.5h'
        )
    return float(match[1]) * dict(s=1, m=60, h=3600)[match[2]]


count, natural, seed = whole(1), whole(0), whole(0, LARGEST_SEED)
