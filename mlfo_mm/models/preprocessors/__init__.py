"""Data preprocessors."""

from .augmenting import AugmentingDataPreprocessor

__all__ = ['AugmentingDataPreprocessor']
