"""A training loop that goes on in the middle of an epoch."""

from __future__ import annotations

import atexit
import contextlib
import itertools
import signal
from collections.abc import Iterator, Sized
from typing import Any

from mmengine.registry import LOOPS
from mmengine.runner import EpochBasedTrainLoop

from mlfo_mm.errors import UserError


@LOOPS.register_module()
class ResumableTrainLoop(EpochBasedTrainLoop):
    """mmengine's loop; after a stop between two steps, the epoch's other batches, not all again.

    :class:`mlfo_mm.engine.hooks.preemption.PreemptionHook` makes such stops.
    """

    _ends: Any = None

    def run_epoch(self) -> None:
        """Iterate over what is left of one epoch."""
        start = self._first_step()
        self.runner.call_hook('before_train_epoch')
        self.runner.model.train()
        if start:
            sampling = self.dataloader.batch_sampler
            sampling.sampler = _Rest(sampling.sampler, start * self.dataloader.batch_size)
        with _sigterm_held_back():  # its workers get none: the step under way needs them
            batches = iter(self.dataloader)
        self._end_with(batches)
        for idx, data_batch in enumerate(batches, start):
            self.run_iter(idx, data_batch)
        self.runner.call_hook('after_train_epoch')
        self._epoch += 1

    def _end_with(self, batches: Iterator[Any]) -> None:
        """At exit tell the workers to end: the signal that multiprocessing would send them waits."""
        end = getattr(batches, '_shutdown_workers', None)
        if end is not None and self._ends != end:  # persistent workers have one iterator
            atexit.unregister(self._ends)
            atexit.register(end)
            self._ends = end

    def _first_step(self) -> int:
        steps = len(self.dataloader)
        if not steps:
            raise UserError(
                f'{len(self.dataloader.dataset)} videos do not fill a batch of '
                f'{self.dataloader.batch_size} in each process: lower train_dataloader.batch_size'
            )
        start = self._iter - self._epoch * steps
        if not 0 <= start < steps:
            raise UserError(
                f'--resume: the checkpoint is at step {self._iter} in epoch {self._epoch + 1}, and an '
                f'epoch has {steps} steps here: it was trained on other data, or in another batch'
            )
        return start


class _Rest:
    """A sampler without its first samples, once; then whole.

    Args:
        sampler: Of the loader, which is told each epoch as before.
        start: Samples to pass over, of this process.
    """

    def __init__(self, sampler: Any, start: int) -> None:
        self.sampler, self.start = sampler, start

    def __iter__(self) -> Iterator[int]:
        start, self.start = self.start, 0
        return itertools.islice(iter(self.sampler), start, None)

    def __len__(self) -> int:
        whole: Sized = self.sampler
        return len(whole)


@contextlib.contextmanager
def _sigterm_held_back() -> Iterator[None]:
    """What is started here inherits that SIGTERM waits; this process gets it afterwards."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
