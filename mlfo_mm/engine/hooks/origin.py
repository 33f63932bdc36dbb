"""Each checkpoint carries what its run is made of, over all stops."""

from __future__ import annotations

from itertools import chain
from typing import Any

from mmengine.hooks import Hook

from mlfo_mm.engine.origin import BROKEN, SAMPLES, STOPS, told_items


class OriginHook(Hook):
    """Put facts into every checkpoint, and the broken videos met so far: a resumed run counts on.

    Args:
        facts: As :mod:`mlfo_mm.engine.origin` has them.
    """

    def __init__(self, facts: dict[str, Any]) -> None:
        self.facts = facts

    def before_save_checkpoint(self, runner, checkpoint: dict) -> None:
        """Add them to the meta data."""
        checkpoint['meta'].update(self.facts)
        checkpoint['meta'][STOPS] = [*self.facts.get(STOPS, []), runner.timestamp]
        dataset = runner.train_dataloader.dataset
        checkpoint['meta'][SAMPLES] = len(dataset)
        if hasattr(dataset, 'broken'):
            checkpoint['meta'][BROKEN] = dataset.broken()
        schedules = checkpoint.get('param_schedulers', [])
        for each in schedules if isinstance(schedules, list) else chain(*schedules.values()):
            for name in [name for name, value in each.items() if callable(value)]:
                del each[name]  # OneCycleLR's own function: code, which no reader here would load

    def after_load_checkpoint(self, runner, checkpoint: dict) -> None:
        """Remember the broken videos of earlier stops."""
        places = told_items(checkpoint.get('meta', {}), BROKEN, int)
        if runner._resume and places and hasattr(runner.train_dataloader.dataset, 'broken'):
            runner.train_dataloader.dataset.note_broken(places)
