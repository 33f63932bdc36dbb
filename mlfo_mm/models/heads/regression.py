"""Numbers told of each clip: one linear layer, the squared error of each group of them."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from mmaction.registry import MODELS
from mmengine.model import BaseModule
from torch import Tensor, nn

from ..losses import explained
from ..losses._common import as_float, check_positive
from ..utils import Bound, gather_all

LEAST = 0.02  # share of the spread that is more than chance


@MODELS.register_module()
class RegressionHead(BaseModule):
    """A linear layer on the averaged features of single clips.

    Args:
        in_channels: Channels of the level.
        tasks: How many numbers each task has, in the order of the label's columns.
        weights: Of the tasks' terms; 1 for those not named.
        init_cfg: Initialisation, as in mmengine; PyTorch's where None.
    """

    def __init__(
        self,
        in_channels: int,
        tasks: dict[str, int],
        weights: dict[str, float] | None = None,
        init_cfg: dict | list | None = None,
    ) -> None:
        super().__init__(init_cfg=init_cfg)
        check_positive(**tasks)
        self.tasks = dict(tasks)
        self.weights = dict.fromkeys(self.tasks, 1.0) | dict(weights or {})
        if unknown := self.weights.keys() - self.tasks.keys():
            raise ValueError(f'weights name {sorted(unknown)}, the tasks are {list(self.tasks)}')
        self.fc = nn.Linear(in_channels, sum(self.tasks.values()))

    def monitor_bounds(self) -> dict[str, Bound]:
        """Of each task: more of its numbers' spread is explained than their means explain."""
        what = 'no better than the means'
        return {f'stat_explained_{task}': Bound(LEAST, f'{task} {what}') for task in self.tasks}

    def forward(self, features: Tensor) -> dict[str, Tensor]:
        """Features (M, C, T', H', W') to the numbers (M, D) of each task."""
        numbers = self.fc(features.flatten(2).mean(2))
        return dict(zip(self.tasks, numbers.split(list(self.tasks.values()), 1), strict=True))

    def loss(self, features: Tensor, labels: Tensor) -> dict[str, Tensor]:
        """Terms and monitors of features (N, V, C, T', H', W') and labels (N, V, D of all tasks)."""
        if labels.shape[1:] != (features.shape[1], self.fc.out_features):
            raise ValueError(
                f'{features.shape[1]} clips and {self.fc.out_features} numbers need labels of as '
                f'many rows and columns, the pipeline gives {tuple(labels.shape[1:])}'
            )
        targets = labels.flatten(0, 1).split(list(self.tasks.values()), 1)  # (N*V, D) each
        logs: dict[str, Tensor] = {}
        for (task, numbers), target in zip(
            self(features.flatten(0, 1)).items(), targets, strict=True
        ):
            with torch.autocast(numbers.device.type, enabled=False):
                (numbers,) = as_float(numbers)
                error = F.mse_loss(numbers, target.to(numbers.dtype))
            logs[f'loss_{task}'] = self.weights[task] * error
            both = gather_all([numbers.detach(), target.to(numbers.dtype)])
            logs[f'stat_explained_{task}'] = explained(*both)
        return logs
