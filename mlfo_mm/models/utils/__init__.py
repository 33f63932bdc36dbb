"""Pieces that several recognizers share."""

from .gather import gather_all, gather_with_grad
from .queue import FeatureQueue

__all__ = ['FeatureQueue', 'gather_all', 'gather_with_grad']
