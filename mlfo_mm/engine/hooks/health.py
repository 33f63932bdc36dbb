"""Say at the end of an epoch what its monitors show, and stop a run that has collapsed."""

from __future__ import annotations

import torch
from mmengine.dist import all_reduce, get_world_size
from mmengine.hooks import Hook
from mmengine.registry import HOOKS

from mlfo_mm.engine.monitors import PATIENCE, bounds_of, collapsed, findings, spreads
from mlfo_mm.errors import UserError

from .unwrapped import unwrapped


@HOOKS.register_module()
class HealthHook(Hook):
    """Warn of monitors under the bounds that the model sets them, once an epoch.

    Every training has it; nothing is computed from the model, only its monitors are averaged.
    """

    priority = 'HIGH'  # before the checkpoint hook of the same epoch

    def __init__(self) -> None:
        self._sums: dict[str, torch.Tensor] = {}
        self._steps: dict[str, int] = {}
        self._curves: dict[str, list[float | None]] = {}

    def before_train_epoch(self, runner) -> None:
        """Forget the steps of the epoch before."""
        self._sums, self._steps = {}, {}

    def after_train_iter(self, runner, batch_idx: int, data_batch=None, outputs=None) -> None:
        """Add up the monitors where they are: no look at a device."""
        for name, value in outputs.items():
            if name.startswith('stat_'):
                self._sums[name] = self._sums.get(name, 0) + value.detach()
                self._steps[name] = self._steps.get(name, 0) + 1

    def after_train_epoch(self, runner) -> None:
        """Log a line for each finding.

        Raises:
            UserError: All embeddings collapsed, for several epochs on end.
        """
        if not self._sums:
            return
        means = torch.stack([self._sums[name] / self._steps[name] for name in self._sums]).float()
        all_reduce(means, 'mean')  # all processes come to the same end
        epoch = dict(zip(self._sums, means.tolist(), strict=True))
        now = {'epoch': [float(runner.epoch + 1)]} | {name: [epoch[name]] for name in epoch}
        batch = runner.train_dataloader.batch_size * get_world_size()
        bounds = bounds_of(unwrapped(runner), batch)
        for line in findings(now, bounds):
            runner.logger.warning(line)
        for name, value in epoch.items():
            self._curves.setdefault(name, []).append(value)
        if collapsed(self._curves, bounds):
            last = runner.message_hub.runtime_info.get('last_ckpt') or 'none yet'
            raise UserError(
                f'all embeddings have collapsed for {PATIENCE} epochs, to epoch {runner.epoch + 1}: '
                f'{", ".join(f"{k} {epoch[k]:.2g}" for k in spreads(epoch, bounds))}. Last '
                f'checkpoint: {last}. Try a smaller optim_wrapper.optimizer.lr, or more negatives.'
            )
