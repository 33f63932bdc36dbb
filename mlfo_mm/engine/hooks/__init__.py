"""Hooks: they only tell and guard; all state that a run resumes from lives in buffers."""

from .channels_last import ChannelsLastHook
from .checkpoint import AtomicBackend
from .compiling import CompileHook
from .epoch_signal import EpochSignalHook
from .health import HealthHook
from .loss_guard import LossGuardHook
from .preemption import Preempted, PreemptionHook
from .progress_bar import ProgressHook

__all__ = [
    'AtomicBackend',
    'ChannelsLastHook',
    'CompileHook',
    'EpochSignalHook',
    'HealthHook',
    'LossGuardHook',
    'Preempted',
    'PreemptionHook',
    'ProgressHook',
]
