"""Stop a training by SIGTERM so that it goes on at the very step where it stopped."""

from __future__ import annotations

import contextlib
import random
import signal
import threading
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.distributed as dist
from mmengine.dist import (
    all_gather_object,
    all_reduce,
    barrier,
    get_rank,
    get_world_size,
    is_main_process,
)
from mmengine.hooks import Hook

from mlfo_mm.checkpoint_files import by_step, file_name
from mlfo_mm.errors import UserError

PREEMPTED = 143  # exit status: as shells have it of SIGTERM
RANDOM = 'random_states'  # key in a checkpoint: the states of each process


class Preempted(UserError):
    """A training was asked to stop, and did; ``--resume`` goes on with it."""

    def __init__(self, message: str) -> None:
        super().__init__(message, PREEMPTED)


class PreemptionHook(Hook):
    """On SIGTERM save a checkpoint after the step that is under way, and raise :class:`Preempted`.

    Batch systems send it before they take a machine away. All processes stop after the same step,
    whichever of them got the signal. The checkpoint holds the random states of each; the loop of
    :mod:`mlfo_mm.engine.loop` goes on from it. It is removed when a later one of a whole epoch is
    there.

    Attributes:
        running: Whether a step has begun.
    """

    priority = 'LOWEST'  # the step is over: rates are set, the epoch's own checkpoint is written

    def __init__(self) -> None:
        self.running = False
        self._asked = False
        self._before: Any = None
        self._group: Any = None
        self._states: list[dict[str, Any]] | None = None
        self._resumed: list[dict[str, Any]] = []

    def before_train(self, runner) -> None:
        """From here on a signal waits for the end of a step."""
        if threading.current_thread() is threading.main_thread():
            self._before = signal.signal(signal.SIGTERM, self._ask)
        if get_world_size() > 1:  # a word on the CPU makes no step wait for a GPU
            self._group = dist.new_group(backend='gloo')

    def after_train(self, runner) -> None:
        """The training is over: a signal ends what comes after it as any other program."""
        if self._before is not None:
            signal.signal(signal.SIGTERM, self._before)

    def _ask(self, *_: object) -> None:
        self._asked = True

    def after_load_checkpoint(self, runner, checkpoint: dict) -> None:
        """Keep the random states of a run that was stopped between two steps."""
        self._resumed = checkpoint.get(RANDOM) or []

    def before_train_iter(self, runner, batch_idx: int, data_batch=None) -> None:
        """The first step after such a stop draws what it would have drawn."""
        self.running = True
        if self._resumed:
            if get_rank() < len(self._resumed):  # there may be more processes than there were
                _set_random_states(self._resumed[get_rank()])
            self._resumed = []

    def before_save_checkpoint(self, runner, checkpoint: dict) -> None:
        """Add the random states, where the next step needs them."""
        if self._states is not None:
            checkpoint[RANDOM] = self._states

    def after_train_iter(self, runner, batch_idx: int, data_batch=None, outputs=None) -> None:
        """Stop here if any process was asked to, and the next step is one of this epoch."""
        if self._agreed() and batch_idx + 1 < len(runner.train_dataloader):
            if not runner.optim_wrapper.should_update():
                return  # gradients are being added up: a step or two more
            dataset = runner.train_dataloader.dataset
            if hasattr(dataset, 'share_counts'):  # the first process writes those of all
                dataset.share_counts(all_reduce)
            self._states = all_gather_object(_random_states())
            self._stop(runner, runner.epoch, batch_idx + 1)

    def after_train_epoch(self, runner) -> None:
        """Stop between two epochs; else remove what an earlier stop has left."""
        if self._agreed():
            self._stop(runner, runner.epoch + 1)
        if is_main_process():
            remove_steps(runner.work_dir, runner.epoch + 1)

    def _agreed(self) -> bool:
        """Whether any process was asked, alike in all; a signal meanwhile is heard the next time."""
        if self._group is None:
            return self._asked
        asked = torch.tensor(int(self._asked))
        dist.all_reduce(asked, dist.ReduceOp.MAX, self._group)
        return bool(asked)

    def _stop(self, runner, epochs: int, steps: int = 0) -> None:
        if epochs == runner.max_epochs:
            return  # nothing is left to do
        name = file_name(epochs, steps)
        if not Path(runner.work_dir, name).exists():
            where = dict(filename=name, by_epoch=not steps, backend_args=dict(backend='atomic'))
            runner.save_checkpoint(runner.work_dir, **where)
        barrier()  # the launcher ends all processes when the first one has ended
        raise Preempted(
            f'stopped by SIGTERM after {epochs} of {runner.max_epochs} epochs and {steps} steps, '
            f'saved as {Path(runner.work_dir, name)}: --resume goes on from there'
        )


def remove_steps(work_dir: str | Path, epochs: int) -> None:
    """Remove the checkpoints of stops before the end of so many epochs, if that has one."""
    if Path(work_dir, file_name(epochs)).is_file():
        for (before, _), path in by_step(work_dir).items():
            if before < epochs:
                with contextlib.suppress(OSError):
                    path.unlink()


def _random_states() -> dict[str, Any]:
    kind, keys, *rest = np.random.get_state()
    states = dict(python=random.getstate(), numpy=(kind, keys.tolist(), *rest))
    states['torch'] = torch.get_rng_state()
    if torch.cuda.is_available():
        states['cuda'] = torch.cuda.get_rng_state()
    return states


def _set_random_states(states: dict[str, Any]) -> None:
    random.setstate(states['python'])
    kind, keys, *rest = states['numpy']
    np.random.set_state((kind, np.array(keys, dtype=np.uint32), *rest))
    torch.set_rng_state(states['torch'].cpu())
    if 'cuda' in states and torch.cuda.is_available():
        torch.cuda.set_rng_state(states['cuda'].cpu())
