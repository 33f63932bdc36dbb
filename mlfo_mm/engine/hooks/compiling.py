"""Backbones compiled by torch."""

from __future__ import annotations

from mmengine.hooks import Hook
from mmengine.model import is_model_wrapper
from mmengine.registry import HOOKS


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
        model = runner.model.module if is_model_wrapper(runner.model) else runner.model
        for module in model.modules():
            if type(module) is type(model.backbone):  # momentum encoders have one of their own
                module.compile(backend=self.backend)
