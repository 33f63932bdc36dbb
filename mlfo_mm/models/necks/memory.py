"""Predictions from a memory (Han et al., ECCV 2020, arXiv 2008.01065)."""

from __future__ import annotations

import torch
from mmaction.registry import MODELS
from torch import Tensor, nn


@MODELS.register_module()
class MemoryPredictor(nn.Module):
    """Each position of a state predicts a convex combination of learned vectors.

    Args:
        channels: Channels of the state and of the prediction.
        size: Number of vectors K.
    """

    def __init__(self, channels: int, size: int = 1024) -> None:
        super().__init__()
        self.address = nn.Sequential(
            nn.Conv2d(channels, channels, 1), nn.ReLU(), nn.Conv2d(channels, size, 1)
        )
        self.memory = nn.Parameter(torch.randn(size, channels))

    def forward(self, state: Tensor) -> Tensor:
        """State (N, C, H, W) to prediction (N, C, H, W)."""
        weights = self.address(state).softmax(1)  # (N, K, H, W)
        return torch.einsum('nkhw,kc->nchw', weights, self.memory)
