"""Heads that own parameters and the classification that they are trained by."""

from .clip import ClipHead
from .clip_order import OrderHead
from .regression import RegressionHead
from .trajectory import TrajectoryHead
from .tuple import TupleHead

__all__ = ['ClipHead', 'OrderHead', 'RegressionHead', 'TrajectoryHead', 'TupleHead']
