"""Recognizers: one file a method."""

from .base import SelfSupervisedRecognizer
from .mlfo import MLFO

__all__ = ['MLFO', 'SelfSupervisedRecognizer']
