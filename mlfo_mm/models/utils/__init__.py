"""Pieces that several recognizers share."""

from .backbones import backbones_of
from .complexity import Complexity, complexity
from .gather import gather_all, gather_with_grad
from .momentum import MomentumEncoder
from .monitors import COLLAPSE, Bound, TermBound
from .padding import pad_in_time
from .queue import FeatureQueue

__all__ = [
    'COLLAPSE',
    'Bound',
    'Complexity',
    'FeatureQueue',
    'MomentumEncoder',
    'TermBound',
    'backbones_of',
    'complexity',
    'gather_all',
    'gather_with_grad',
    'pad_in_time',
]
