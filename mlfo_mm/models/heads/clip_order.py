"""In which order clips are shown (Xu et al., CVPR 2019): features compared pair by pair."""

from __future__ import annotations

import math
from itertools import combinations

import torch
from mmaction.registry import MODELS
from mmengine.model import BaseModule
from torch import Tensor, nn

from ..utils import TermBound
from .clip import classify


@MODELS.register_module()
class OrderHead(BaseModule):
    """Each pair of clips through one layer, all pairs through one classifier of permutations.

    Args:
        in_channels: Channels of the level.
        num_clips: Clips N of a tuple; there are N! classes.
        hidden_channels: Width of a pair's features.
        dropout_ratio: Dropout before the classifier.
        init_cfg: Initialisation, as in mmengine; PyTorch's where None.
    """

    def __init__(
        self,
        in_channels: int,
        num_clips: int = 3,
        hidden_channels: int = 512,
        dropout_ratio: float = 0.5,
        init_cfg: dict | list | None = None,
    ) -> None:
        super().__init__(init_cfg=init_cfg)
        self.num_clips = num_clips
        self.pairs = list(combinations(range(num_clips), 2))
        self.compare = nn.Sequential(nn.Linear(2 * in_channels, hidden_channels), nn.ReLU())
        self.dropout = nn.Dropout(dropout_ratio)
        self.fc = nn.Linear(len(self.pairs) * hidden_channels, math.factorial(num_clips))

    def monitor_bounds(self) -> dict[str, TermBound]:
        """Of the order: all permutations alike."""
        return {'loss_order': TermBound(self.fc.out_features)}

    def forward(self, features: Tensor) -> Tensor:
        """Features (N, V, C, T', H', W') to logits (N, V!)."""
        if features.shape[1] != self.num_clips:
            raise ValueError(
                f'the head orders {self.num_clips} clips, the pipeline gives {features.shape[1]}: '
                'model.head.num_clips and the num_clips of the sampler must agree'
            )
        pooled = features.flatten(3).mean(3)  # (N, V, C)
        clips = pooled.unbind(1)
        pairs = [self.compare(torch.cat([clips[a], clips[b]], 1)) for a, b in self.pairs]  # (N, 2C)
        return self.fc(self.dropout(torch.cat(pairs, 1)))

    def loss(self, features: Tensor, labels: Tensor) -> dict[str, Tensor]:
        """Term and monitor of features (N, V, C, T', H', W') and labels (N, 1, 1)."""
        if labels.shape[1:] != (1, 1):
            raise ValueError(
                f'an order is one label a sample, the pipeline gives {tuple(labels.shape[1:])}: '
                'it needs SampleClipOrder'
            )
        return classify(self(features), labels[:, 0, 0], 'order')
