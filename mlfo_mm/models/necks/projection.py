"""Projections: from features to the embedding space of a loss."""

from __future__ import annotations

from mmaction.registry import MODELS
from torch import Tensor, nn


@MODELS.register_module()
class ProjectionMLP(nn.Module):
    """Multi-layer perceptron on pooled features.

    Args:
        in_channels: Channels of the input.
        hidden_channels: Width of the hidden layers; the input's where None.
        out_channels: Size of the embedding.
        num_layers: Number of linear layers, at least 1.
        batch_norm: Batch normalisation after each hidden layer.
    """

    def __init__(
        self,
        in_channels: int,
        hidden_channels: int | None = None,
        out_channels: int = 128,
        num_layers: int = 2,
        batch_norm: bool = True,
    ) -> None:
        super().__init__()
        self.out_channels = out_channels
        hidden = hidden_channels or in_channels
        layers: list[nn.Module] = []
        width = in_channels
        for _ in range(num_layers - 1):
            layers.append(nn.Linear(width, hidden, bias=not batch_norm))
            if batch_norm:
                layers.append(nn.BatchNorm1d(hidden))
            layers.append(nn.ReLU(inplace=True))
            width = hidden
        layers.append(nn.Linear(width, out_channels))
        self.layers = nn.Sequential(*layers)

    def forward(self, x: Tensor) -> Tensor:
        """Project features (M, C, T', H', W'), (M, C, T') or (M, C), averaged to (M, C) first, to (M, D)."""
        return self.layers(x.flatten(2).mean(2) if x.ndim > 2 else x)


@MODELS.register_module()
class TemporalProjection(nn.Module):
    """Step-wise two-layer perceptron (1x1 convolutions over time, no normalisation).

    As in the released code: spatial average, conv1d, ReLU, conv1d; time is averaged after the
    perceptron, not before it.

    Args:
        in_channels: Channels of the input.
        hidden_channels: Width of the hidden layer; the input's where None.
        out_channels: Size of the embedding.
    """

    def __init__(
        self, in_channels: int, hidden_channels: int | None = None, out_channels: int = 128
    ) -> None:
        super().__init__()
        hidden = hidden_channels or in_channels
        self.layers = nn.Sequential(
            nn.Conv1d(in_channels, hidden, 1),
            nn.ReLU(inplace=True),
            nn.Conv1d(hidden, out_channels, 1),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Project features (M, C, T', H', W') or (M, C, T') to step embeddings (M, D, T')."""
        return self.layers(x.flatten(3).mean(3) if x.ndim > 3 else x)
