"""Each checkpoint carries the composed config that it was trained with."""

from __future__ import annotations

from mmengine.hooks import Hook

from mlfo_mm.engine.composed import BATCH, COMPOSED


class OriginHook(Hook):
    """Put the text of the composed config and the effective batch into every checkpoint.

    Args:
        text: Of the config before it was changed for its machine.
        batch: Samples a step in all processes.
    """

    def __init__(self, text: str, batch: int) -> None:
        self.facts = {COMPOSED: text, BATCH: batch}

    def before_save_checkpoint(self, runner, checkpoint: dict) -> None:
        """Add them to the meta data."""
        checkpoint['meta'].update(self.facts)
