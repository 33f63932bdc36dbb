"""mlfo_mm: a reproducibility benchmark for self-supervised video learning on MMAction2.

Importing the package alone loads nothing. Its parts that need torch mend MMAction2 when they are
imported (:mod:`mlfo_mm.compat`), and :mod:`mlfo_mm.components` registers every component.
"""

__version__ = '0.1.0'
