"""mlfo_mm: a reproducibility benchmark for self-supervised video learning on MMAction2.

Importing the package alone loads nothing. Its parts that need torch mend MMAction2 when they are
imported (:mod:`mlfo_mm.compat`), and :mod:`mlfo_mm.components` registers every component.
``list_methods``, ``list_backbones``, ``build`` and ``load_backbone`` are those of :mod:`mlfo_mm.api`.
"""

__version__ = '0.2.0'
__all__ = ['build', 'list_backbones', 'list_methods', 'load_backbone']


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
    from mlfo_mm import api  # not before: any Python can import this package

    return getattr(api, name)
