"""Predictions position by position (Han et al., ICCV-W 2019, arXiv 1909.04656)."""

from __future__ import annotations

from mmaction.registry import MODELS
from torch import Tensor, nn


@MODELS.register_module()
class MapPredictor(nn.Module):
    """Each position of a state predicts the next map's features there, by two layers.

    Args:
        channels: Channels of the state and of the prediction.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Conv2d(channels, channels, 1), nn.ReLU(), nn.Conv2d(channels, channels, 1)
        )

    def forward(self, state: Tensor) -> Tensor:
        """State (N, C, H, W) to prediction (N, C, H, W)."""
        return self.layers(state)
