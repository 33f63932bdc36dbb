"""One progress bar for a run on a terminal."""

from __future__ import annotations

import sys

from mmengine.dist import is_main_process
from mmengine.hooks import Hook
from mmengine.registry import HOOKS
from tqdm import tqdm


@HOOKS.register_module()
class ProgressHook(Hook):
    """Steps done, loss and time left over the whole run; silent where stderr is no terminal.

    Args:
        force: Show the bar even without a terminal.
    """

    priority = 'LOWEST'

    def __init__(self, force: bool = False) -> None:
        self.show = force or sys.stderr.isatty()
        self._bar: tqdm | None = None

    def before_train(self, runner) -> None:
        """Open the bar at the step that the run starts from."""
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
