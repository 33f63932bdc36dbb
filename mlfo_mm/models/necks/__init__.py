"""Necks: what stands between a backbone's levels and the losses."""

from .decoder import VideoDecoder
from .memory import MemoryPredictor
from .motion_excitation import MotionExcitation
from .predictor import MapPredictor
from .projection import ProjectionMLP, TemporalProjection
from .prototypes import Prototypes
from .recurrent import RecurrentAggregator

__all__ = [
    'MapPredictor',
    'MemoryPredictor',
    'MotionExcitation',
    'ProjectionMLP',
    'Prototypes',
    'RecurrentAggregator',
    'TemporalProjection',
    'VideoDecoder',
]
