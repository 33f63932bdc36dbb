"""Recognizers: one file a method."""

from .base import SelfSupervisedRecognizer
from .byol import BYOL
from .mlfo import MLFO
from .moco import MoCo
from .pretext import PretextClassifier
from .simclr import SimCLR
from .swav import SwAV

__all__ = [
    'BYOL',
    'MLFO',
    'MoCo',
    'PretextClassifier',
    'SelfSupervisedRecognizer',
    'SimCLR',
    'SwAV',
]
