"""What a run needs beside the model: configs read strictly, hooks, launching."""

from . import hooks, optim
from .optim import AutocastOptimWrapper

__all__ = ['AutocastOptimWrapper', 'hooks', 'optim']
