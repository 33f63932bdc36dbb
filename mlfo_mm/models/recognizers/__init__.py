"""Recognizers: one file a method, found by being in this folder."""

import pkgutil
from importlib import import_module

from .base import Embeddings, SelfSupervisedRecognizer

_modules = [import_module(f'{__name__}.{found.name}') for found in pkgutil.iter_modules(__path__)]
_methods = {
    name: value
    for module in _modules
    for name, value in vars(module).items()
    if isinstance(value, type) and issubclass(value, SelfSupervisedRecognizer)
}
globals().update(_methods)

__all__ = ['Embeddings', *sorted(_methods)]
