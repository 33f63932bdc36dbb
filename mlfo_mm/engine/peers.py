"""When one of several processes dies, the job ends with that process's error, not with an echo of it."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator

import torch.distributed as dist
from torch.distributed.elastic.multiprocessing.errors import get_error_handler

PATIENCE_S = 10.0  # the launcher looks ten times a second, on a busy machine later


@contextlib.contextmanager
def own_error_first() -> Iterator[None]:
    """Tell torchrun an error of this process; hold back one that only says that another is gone.

    Without it the launcher's summary has no messages, and may blame a process that lost its peer.
    The launcher ends the survivors as soon as it sees a dead process, so that they rarely wait long.
    """
    try:
        yield
    except Exception as error:
        if lost_peer(error):
            time.sleep(PATIENCE_S)
        get_error_handler().record_exception(error)  # nothing without torchrun
        raise


def lost_peer(error: BaseException) -> bool:
    """Whether an error is a failed exchange with another process: NCCL, the store, or gloo."""
    return isinstance(error, dist.DistError) or (
        isinstance(error, RuntimeError) and 'gloo/transport' in str(error)
    )
