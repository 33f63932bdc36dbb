"""One progress bar for a run on a terminal."""

from __future__ import annotations

import sys

from mmengine.dist import is_main_process
from mmengine.hooks import Hook
from mmengine.registry import HOOKS
from tqdm import tqdm

from mlfo_mm.progress import Teller


@HOOKS.register_module()
class ProgressHook(Hook):
    """Steps done, loss and time left over the whole run; silent where stderr is no terminal.

    Who called the tool is told as well, see :mod:`mlfo_mm.progress`.

    Args:
        force: Show the bar even without a terminal.
    """

    priority = 'LOWEST'

    def __init__(self, force: bool = False) -> None:
        self.show = force or sys.stderr.isatty()
        self._bar: tqdm | None = None
        self._teller: Teller | None = None

    def before_train(self, runner) -> None:
        """Open the bar at the step that the run starts from."""
        if is_main_process():
            self._teller = Teller(runner.max_iters, runner.iter)
        if self.show and is_main_process():
            self._bar = tqdm(
                total=runner.max_iters,
                initial=runner.iter,
                desc='training',
                unit='step',
                leave=False,
            )

    def after_train_iter(self, runner, batch_idx: int, data_batch=None, outputs=None) -> None:
        """Advance by one step."""
        if self._teller is not None:
            epoch = f'epoch {runner.epoch + 1}/{runner.max_epochs}'
            self._teller.tell(runner.iter + 1, epoch)  # counted after the hooks
        if self._bar is not None:
            if batch_idx % 10 == 0:
                self._bar.set_postfix_str(
                    f'loss {float(outputs["loss"].detach()):.3f}', refresh=False
                )
            self._bar.update()

    def after_train(self, runner) -> None:
        """Close the bar."""
        if self._bar is not None:
            self._bar.close()
