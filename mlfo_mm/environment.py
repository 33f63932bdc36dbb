"""What is installed, and the command that mends what is not; never imports torch by itself."""

from __future__ import annotations


def require() -> None:
    """Raise :class:`~mlfo_mm.errors.UserError` when a package that every tool needs is unfit."""
