"""What a run needs beside the model: configs read strictly, hooks, launching."""

from . import hooks

__all__ = ['hooks']
