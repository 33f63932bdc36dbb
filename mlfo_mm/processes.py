"""What a process asks of the system: to end with the one it works for, to keep its memory."""

from __future__ import annotations

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1
M_TRIM_THRESHOLD, M_MMAP_MAX = -1, -4  # of glibc's malloc.h


def die_with_parent(parent: int | None = None) -> None:
    """Have the kernel end this process when the one that started it ends, however it does.

    Args:
        parent: Its number; where it is given, a process whose parent is gone already ends at once.
    """
    if sys.platform == 'linux':
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if parent is not None and os.getppid() != parent:
        os._exit(1)


def keep_freed_memory() -> bool:
    """Have the C library keep memory that tensors leave, for those that come next.

    glibc hands each block over 32 MiB back at once, and the kernel fills every page of the next one
    with zeros first: an eighth of a training step on full-size clips, or more. Numbers stay the same;
    the process gives nothing back before its end.

    In this process and those that it forks, and only where tensors are in glibc's hands: not with a
    GPU, and not where the environment sets ``MALLOC_...`` or ``GLIBC_TUNABLES``. Tools call this; a
    program of your own may.

    Returns:
        Whether it does now.
    """
    import torch

    chosen = any(name.startswith(('MALLOC_', 'GLIBC_TUNABLES')) for name in os.environ)
    if sys.platform != 'linux' or chosen or torch.cuda.is_available():
        return False
    mallopt = getattr(ctypes.CDLL(None), 'mallopt', None)  # other C libraries have none
    return mallopt is not None and bool(mallopt(M_MMAP_MAX, 0) and mallopt(M_TRIM_THRESHOLD, -1))
