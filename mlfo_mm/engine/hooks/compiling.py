"""Backbones compiled by torch."""

from __future__ import annotations

from mmengine.hooks import Hook
from mmengine.registry import HOOKS

from mlfo_mm.models.utils import backbones_of

from .unwrapped import unwrapped


@HOOKS.register_module()
class CompileHook(Hook):
    """Compile the backbones when training starts, and nothing else: terms draw numbers and change by epoch.

    mmengine's own ``compile`` takes the whole step. Checkpoints are those of any other run.

    Args:
        backend: As of ``torch.compile``; 'inductor' needs a C++ compiler where it runs on a CPU.
    """

    def __init__(self, backend: str = 'inductor') -> None:
        self.backend = backend

    def before_train(self, runner) -> None:
        """Compile at the first step."""
        for module in backbones_of(unwrapped(runner)):
            module.compile(backend=self.backend)
