"""What a run needs beside the model: configs read strictly, hooks, launching."""

from mlfo_mm import compat  # the work-arounds, before anything of MMAction2

from . import hooks, optim
from .optim import AutocastOptimWrapper, autocast, fast_in_bfloat16

__all__ = ['AutocastOptimWrapper', 'autocast', 'fast_in_bfloat16', 'hooks', 'optim']
