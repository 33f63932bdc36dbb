"""Recognizers: one file a method."""

from .base import SelfSupervisedRecognizer
from .byol import BYOL
from .memdpc import MemDPC
from .mlfo import MLFO
from .moco import MoCo
from .pretext import PretextClassifier
from .simclr import SimCLR
from .swav import SwAV

__all__ = [
    'BYOL',
    'MLFO',
    'MemDPC',
    'MoCo',
    'PretextClassifier',
    'SelfSupervisedRecognizer',
    'SimCLR',
    'SwAV',
]
