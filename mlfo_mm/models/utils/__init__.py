"""Pieces that several recognizers share."""

from .complexity import Complexity, complexity
from .gather import gather_all, gather_with_grad
from .queue import FeatureQueue

__all__ = ['Complexity', 'FeatureQueue', 'complexity', 'gather_all', 'gather_with_grad']
