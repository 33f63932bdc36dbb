"""What was done to each clip: one linear layer, one or more tasks."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from mmaction.registry import MODELS
from mmengine.model import BaseModule
from torch import Tensor, nn

from mlfo_mm.datasets.transforms.pretext import IGNORED

from ..losses import contrast_accuracy
from ..losses._common import as_float, check_positive
from ..utils import TermBound

POOLS = ('mean', 'spatial_max')


def classify(logits: Tensor, labels: Tensor, task: str) -> dict[str, Tensor]:
    """Cross-entropy and accuracy of logits (M, K), over the rows whose label (M,) is not ``IGNORED``.

    A single logit is the second of two classes, the first of which scores 0: binary cross-entropy.
    Under autocast too it is computed in float32.

    Raises:
        ValueError: A label is none of the classes.
    """
    if logits.shape[1] == 1:
        logits = F.pad(logits, (1, 0))
    if logits.device.type == 'cpu':  # a GPU would have to wait, and checks the range itself
        found = labels[labels != IGNORED]
        if not 0 <= int(found.min()) <= int(found.max()) < logits.shape[1]:
            raise ValueError(
                f'{task} has {logits.shape[1]} classes and labels from {int(found.min())} to '
                f'{int(found.max())}: the tasks of model.head and the sampler must agree'
            )
    with torch.autocast(logits.device.type, enabled=False):
        (logits,) = as_float(logits)
        return {
            f'loss_{task}': F.cross_entropy(logits, labels, ignore_index=IGNORED),
            f'acc_{task}': contrast_accuracy(logits, labels),
        }


@MODELS.register_module()
class ClipHead(BaseModule):
    """Linear classifiers of single clips.

    Args:
        in_channels: Channels of the level.
        tasks: Number of classes of each task, in the order of the label's columns; 1 for a binary
            task with a single logit.
        pool: 'mean' over space and time, or 'spatial_max': the largest over space, its mean over time.
        dropout_ratio: Dropout before the classifiers.
        init_cfg: Initialisation, as in mmengine; PyTorch's where None.
    """

    def __init__(
        self,
        in_channels: int,
        tasks: dict[str, int],
        pool: str = 'mean',
        dropout_ratio: float = 0.0,
        init_cfg: dict | list | None = None,
    ) -> None:
        super().__init__(init_cfg=init_cfg)
        if pool not in POOLS:
            raise ValueError(f'pool is mean or spatial_max, not {pool!r}')
        check_positive(**tasks)
        self.tasks = dict(tasks)
        self.pool = pool
        self.dropout = nn.Dropout(dropout_ratio)
        self.fc = nn.Linear(in_channels, sum(self.tasks.values()))

    def monitor_bounds(self) -> dict[str, TermBound]:
        """Of each task: all of its classes alike."""
        return {f'loss_{task}': TermBound(max(count, 2)) for task, count in self.tasks.items()}

    def forward(self, features: Tensor) -> dict[str, Tensor]:
        """Features (M, C, T', H', W') to logits (M, classes) of each task."""
        spatial = features.flatten(3)  # (M, C, T', H'*W')
        steps = spatial.amax(3) if self.pool == 'spatial_max' else spatial.mean(3)
        logits = self.fc(self.dropout(steps.mean(2)))  # (M, classes of all tasks)
        return dict(zip(self.tasks, logits.split(list(self.tasks.values()), 1), strict=True))

    def loss(self, features: Tensor, labels: Tensor) -> dict[str, Tensor]:
        """Terms and monitors.

        Args:
            features: Of the clips, (N, V, C, T', H', W').
            labels: (N, V, number of tasks).
        """
        if labels.shape[1:] != (features.shape[1], len(self.tasks)):
            raise ValueError(
                f'{features.shape[1]} clips and {len(self.tasks)} tasks need labels of as many rows '
                f'and columns, the pipeline gives {tuple(labels.shape[1:])}'
            )
        rows = labels.flatten(0, 1)  # (N*V, tasks)
        logs: dict[str, Tensor] = {}
        for column, (task, logits) in enumerate(self(features.flatten(0, 1)).items()):
            logs |= classify(logits, rows[:, column], task)
        return logs
