"""Pieces that several recognizers share."""

from .backbones import backbones_of
from .bank import SampleBank
from .clustering import concentrations, kmeans, nearest
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
    'SampleBank',
    'TermBound',
    'backbones_of',
    'complexity',
    'concentrations',
    'gather_all',
    'gather_with_grad',
    'kmeans',
    'nearest',
    'pad_in_time',
]
