"""Stop a run whose loss is no longer a number, before it overwrites a good checkpoint."""

from __future__ import annotations

import math

import torch
from mmengine.hooks import Hook
from mmengine.registry import HOOKS

from mlfo_mm.errors import UserError


@HOOKS.register_module()
class LossGuardHook(Hook):
    """Stop at the first loss that is not finite and name step, terms and the last good checkpoint.

    Args:
        interval: Steps between looks at the loss. One look waits for the device, so a GPU run looks
            every few steps; a bad loss in between is still found, and always before a checkpoint.
    """

    priority = 'HIGH'  # before the checkpoint hook of the same epoch

    def __init__(self, interval: int = 1) -> None:
        self.interval = interval
        self._first_bad: torch.Tensor | None = None
        self._last_finite: dict[str, float] = {}

    def before_train_epoch(self, runner) -> None:
        """Forget the steps of the epoch before."""
        self._first_bad = None

    def after_train_iter(self, runner, batch_idx: int, data_batch=None, outputs=None) -> None:
        """Note on the device whether this step's loss is bad; look at it every few steps."""
        loss = outputs['loss'].detach()
        step = torch.where(torch.isfinite(loss), math.inf, float(runner.iter))
        self._first_bad = step if self._first_bad is None else torch.minimum(self._first_bad, step)
        if (batch_idx + 1) % self.interval == 0 or batch_idx + 1 == len(runner.train_dataloader):
            self._look(runner, outputs)

    def _look(self, runner, outputs: dict) -> None:
        terms = {key: float(value.detach()) for key, value in outputs.items() if 'loss' in key}
        first_bad = float(self._first_bad)
        if math.isinf(first_bad):
            self._last_finite = terms
            return
        last = runner.message_hub.runtime_info.get('last_ckpt') or 'none yet'
        rates = [f'{group["lr"]:g}' for group in runner.optim_wrapper.param_groups[:1]]
        raise UserError(
            f'loss is not finite at step {int(first_bad) + 1} (epoch {runner.epoch + 1}): '
            f'{_line(terms)}; last finite: {_line(self._last_finite)}; learning rate {rates[0]}. '
            f'Last good checkpoint: {last}. Try a smaller optim_wrapper.optimizer.lr or float32.'
        )


def _line(terms: dict[str, float]) -> str:
    return ', '.join(f'{key} {value:.4g}' for key, value in terms.items()) or 'none'
