"""Feature maps of consecutive blocks brought together by a recurrent cell."""

from __future__ import annotations

import torch
from mmaction.registry import MODELS
from torch import Tensor, nn

from mlfo_mm import installation


@MODELS.register_module()
class RecurrentAggregator(nn.Module):
    """A convolutional GRU with kernels of 1: every position remembers its own past.

    Args:
        channels: Channels of the maps and of the state.
        dropout_ratio: Dropout of the state after each step.
    """

    def __init__(self, channels: int, dropout_ratio: float = 0.1) -> None:
        super().__init__()
        raft = installation.torchvision('models.optical_flow.raft')
        self.cell = raft.ConvGRU(
            input_size=channels, hidden_size=channels, kernel_size=1, padding=0
        )
        self.dropout = nn.Dropout(dropout_ratio)

    def forward(self, maps: Tensor, state: Tensor | None = None) -> Tensor:
        """State (N, C, H, W) after maps (N, V, C, H, W), beginning at a state or at zeros."""
        if state is None:
            state = torch.zeros_like(maps[:, 0])
        for block in maps.unbind(1):
            state = self.dropout(self.cell(state, block))
        return state
