"""Backbones, necks, heads, losses and recognizers, registered in MMAction2."""

from mlfo_mm import compat  # the work-arounds, before anything of MMAction2

from . import backbones, heads, losses, necks, preprocessors, recognizers, utils
from .backbones import *  # noqa: F403
from .heads import *  # noqa: F403
from .losses import *  # noqa: F403
from .necks import *  # noqa: F403
from .preprocessors import *  # noqa: F403
from .recognizers import *  # noqa: F403

__all__ = [
    *backbones.__all__,
    *heads.__all__,
    *losses.__all__,
    *necks.__all__,
    *preprocessors.__all__,
    *recognizers.__all__,
    'losses',
    'utils',
]
