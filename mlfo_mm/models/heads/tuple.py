"""What was done to a tuple of clips: their features side by side, one classification."""

from __future__ import annotations

from mmaction.registry import MODELS
from mmengine.model import BaseModule
from torch import Tensor, nn

from ..utils import TermBound
from .clip import classify


@MODELS.register_module()
class TupleHead(BaseModule):
    """A classifier of the averaged features of a tuple's clips, joined in the order in which they stand.

    Args:
        in_channels: Channels of the level.
        task: Name of what is told, for the log.
        num_classes: Its classes.
        num_clips: Clips N of a tuple.
        hidden_channels: Width of a layer before the classifier; none where None.
        dropout_ratio: Dropout before the classifier.
        shortcut: A cue that solves a part of the task, in words; none where empty.
        left: Candidates that it leaves, as in :class:`TermBound`.
        init_cfg: Initialisation, as in mmengine; PyTorch's where None.
    """

    def __init__(
        self,
        in_channels: int,
        task: str,
        num_classes: int,
        num_clips: int,
        hidden_channels: int | None = None,
        dropout_ratio: float = 0.0,
        shortcut: str = '',
        left: float = 1,
        init_cfg: dict | list | None = None,
    ) -> None:
        super().__init__(init_cfg=init_cfg)
        self.task = task
        self.num_clips = num_clips
        self.bound = TermBound(num_classes, 1.0, shortcut, left)
        width = num_clips * in_channels
        layers: list[nn.Module] = []
        if hidden_channels is not None:
            layers += [nn.Linear(width, hidden_channels), nn.ReLU()]
            width = hidden_channels
        self.fc = nn.Sequential(*layers, nn.Dropout(dropout_ratio), nn.Linear(width, num_classes))

    def monitor_bounds(self) -> dict[str, TermBound]:
        """Of the task: all of its classes alike, or those that its shortcut leaves."""
        return {f'loss_{self.task}': self.bound}

    def forward(self, features: Tensor) -> Tensor:
        """Features (N, V, C, T', H', W') to logits (N, classes)."""
        if features.shape[1] != self.num_clips:
            raise ValueError(
                f'the head reads {self.num_clips} clips, the pipeline gives {features.shape[1]}: '
                'model.head.num_clips and the sampler must agree'
            )
        return self.fc(features.flatten(3).mean(3).flatten(1))  # of (N, V*C)

    def loss(self, features: Tensor, labels: Tensor) -> dict[str, Tensor]:
        """Term and monitor of features (N, V, C, T', H', W') and labels (N, 1, 1)."""
        if labels.shape[1:] != (1, 1):
            raise ValueError(
                f'{self.task} is one label a sample, the pipeline gives {tuple(labels.shape[1:])}: '
                "model.head and the sampler must be of one method's"
            )
        return classify(self(features), labels[:, 0, 0], self.task)
