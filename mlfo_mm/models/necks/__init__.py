"""Necks: what stands between a backbone's levels and the losses."""

from .motion_excitation import MotionExcitation
from .projection import ProjectionMLP, TemporalProjection
from .prototypes import Prototypes

__all__ = ['MotionExcitation', 'ProjectionMLP', 'Prototypes', 'TemporalProjection']
