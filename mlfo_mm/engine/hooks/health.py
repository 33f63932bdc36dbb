"""Say at the end of an epoch what its monitors and terms show, and stop a run that has collapsed."""

from __future__ import annotations

import torch
from mmengine.dist import all_reduce, get_world_size
from mmengine.hooks import Hook
from mmengine.registry import HOOKS

from mlfo_mm.engine.composed import SHOWN
from mlfo_mm.engine.monitors import (
    PATIENCE,
    bounds_of,
    collapsed,
    low,
    reference,
    spreads,
    states,
)
from mlfo_mm.errors import UserError
from mlfo_mm.models.utils import Bound, TermBound

from .unwrapped import unwrapped


@HOOKS.register_module()
class HealthHook(Hook):
    """Warn of monitors under the bounds that the model sets them, and of terms that teach nothing.

    A monitor is named in each epoch in which it is low; a term once when it is first solved or as
    low as a shortcut brings it, and in the end where it is still at chance. Beside the first mean of
    a term stands what it is by chance and by the shortcut. Every training has it; nothing is
    computed from the model, only what it logs is averaged.
    """

    priority = 'HIGH'  # before the checkpoint hook of the same epoch

    def __init__(self) -> None:
        self._sums: dict[str, torch.Tensor] = {}
        self._steps: dict[str, int] = {}
        self._curves: dict[str, list[float | None]] = {'epoch': []}
        self._bounds: dict[str, Bound | TermBound] | None = None
        self._said: set[tuple[str, str]] = set()

    def before_train_epoch(self, runner) -> None:
        """Forget the steps of the epoch before."""
        self._sums, self._steps = {}, {}

    def after_train_iter(self, runner, batch_idx: int, data_batch=None, outputs=None) -> None:
        """Add up the monitors where they are: no look at a device."""
        if self._bounds is None:
            batch = runner.train_dataloader.batch_size * get_world_size()
            self._bounds = bounds_of(unwrapped(runner), batch)
        for name, value in outputs.items():
            if name.startswith('stat_') or name in self._bounds:
                self._sums[name] = self._sums.get(name, 0) + value.detach()
                self._steps[name] = self._steps.get(name, 0) + 1

    def after_train_epoch(self, runner) -> None:
        """Log a line for each finding.

        Raises:
            UserError: All embeddings collapsed, for several epochs on end.
        """
        if not self._sums:
            return
        bounds = self._bounds or {}
        means = torch.stack([self._sums[name] / self._steps[name] for name in self._sums]).float()
        all_reduce(means, 'mean')  # all processes come to the same end
        epoch = dict(zip(self._sums, means.tolist(), strict=True))
        self._add(runner.epoch + 1, epoch)
        now = {name: values[-1:] for name, values in self._curves.items()}
        for line in low(now, bounds):
            runner.logger.warning(line)
        self._say_terms(runner, epoch)
        if collapsed(self._curves, bounds):
            last = runner.message_hub.runtime_info.get('last_ckpt') or 'none yet'
            raise UserError(
                f'all embeddings have collapsed for {PATIENCE} epochs, to epoch {runner.epoch + 1}: '
                f'{", ".join(f"{k} {epoch[k]:.2g}" for k in spreads(epoch, bounds))}. Last '
                f'checkpoint: {last}. Try a smaller optim_wrapper.optimizer.lr, or more negatives.'
            )

    def before_save_checkpoint(self, runner, checkpoint: dict) -> None:
        """Note the size of what was shown, on which bounds depend."""
        shown = getattr(unwrapped(runner), 'shown', None)
        if shown is not None:
            checkpoint['meta'][SHOWN] = list(shown)

    def _add(self, number: int, epoch: dict[str, float]) -> None:
        """Add the means of an epoch to the curves, which are of one length."""
        before = len(self._curves['epoch'])
        for name in epoch:
            self._curves.setdefault(name, [None] * before)
        for name, values in self._curves.items():
            values.append(float(number) if name == 'epoch' else epoch.get(name))

    def _say_terms(self, runner, epoch: dict[str, float]) -> None:
        bounds = self._bounds or {}
        for name, bound in bounds.items():
            if name in epoch and isinstance(bound, TermBound) and self._new(name, 'reference'):
                runner.logger.info(reference(name, epoch[name], bound))
        for name, kind, line in states(self._curves, bounds):
            over = runner.epoch + 1 >= runner.max_epochs
            if (kind != 'chance' or over) and self._new(name, kind):
                runner.logger.warning(line)

    def _new(self, name: str, kind: str) -> bool:
        """Whether this is said for the first time."""
        new = (name, kind) not in self._said
        self._said.add((name, kind))
        return new
