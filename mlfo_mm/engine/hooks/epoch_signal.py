"""Tell model and data which epoch it is, and fix what is random in it."""

from __future__ import annotations

import random

import numpy as np
import torch
from mmengine.dist import all_reduce, get_rank
from mmengine.hooks import Hook
from mmengine.registry import HOOKS

from .unwrapped import unwrapped


@HOOKS.register_module()
class EpochSignalHook(Hook):
    """Hand the epoch to the model and the data set; seed each epoch from (seed, epoch, rank).

    Seeding anew at the first step of an epoch, after the loader's iterator exists, makes an epoch
    a function of the weights before it: a resumed run needs no random state from the checkpoint.
    """

    priority = 'VERY_HIGH'

    def before_train_epoch(self, runner) -> None:
        """Signal the epoch; runs before the loader's workers start on it."""
        model = unwrapped(runner)
        if hasattr(model, 'set_epoch'):
            model.set_epoch(runner.epoch, runner.max_epochs)
        dataset = runner.train_dataloader.dataset
        if hasattr(dataset, 'set_epoch'):
            dataset.set_epoch(runner.epoch)

    def before_train_iter(self, runner, batch_idx: int, data_batch=None) -> None:
        """Tell the model how much of the training is done; seed at the first step of the epoch."""
        model = unwrapped(runner)
        if hasattr(model, 'progress'):
            model.progress = runner.iter / runner.max_iters
        if batch_idx > 0:
            return
        entropy = np.random.SeedSequence([runner.seed or 0, runner.epoch, get_rank()])
        seed = int(entropy.generate_state(1)[0])
        random.seed(seed)
        np.random.seed(seed)
        torch.manual_seed(seed)

    def after_train_epoch(self, runner) -> None:
        """Count over all processes, and log how many samples were looped or replaced.

        Raises:
            UserError: All processes together met more broken videos than the data set allows.
        """
        dataset = runner.train_dataloader.dataset
        if not hasattr(dataset, 'read_stats'):
            return
        dataset.share_counts(all_reduce)
        stats = dataset.read_stats()
        if stats['looped'] or stats['replaced']:
            names = ', '.join(stats['names'][:5])
            runner.logger.info(
                f'data: {stats["looped"]} of {len(dataset)} videos shorter than the sampled window '
                f'(looped), {stats["replaced"]} undecodable (replaced){": " + names if names else ""}'
            )
