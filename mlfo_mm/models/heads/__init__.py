"""Heads that own parameters and the classification that they are trained by."""

from .clip import ClipHead
from .order import OrderHead

__all__ = ['ClipHead', 'OrderHead']
