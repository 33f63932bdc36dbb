"""Figures as functions of records, by matplotlib; imports neither torch nor OpenMMLab."""

from mlfo_mm.reporting.figures.make import build_figures, make_figures
from mlfo_mm.reporting.figures.style import Plot

__all__ = ['Plot', 'build_figures', 'make_figures']
