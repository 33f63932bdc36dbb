"""CBT, visual branch (Sun et al., 2019, arXiv 1906.05743)."""

from __future__ import annotations

import torch
from mmaction.registry import MODELS
from mmengine.dist import get_rank
from torch import Tensor, nn

from ..losses import embedding_std
from ..losses.bounds import SCENE
from ..utils import Bound, TermBound, gather_all
from .base import Embeddings, SelfSupervisedRecognizer


@MODELS.register_module()
class CBT(SelfSupervisedRecognizer):
    """A transformer predicts the features of masked blocks of a video from those before and after.

    A block is one clip of the batch. A prediction is to find its block's true feature among those of
    all blocks of all videos in the batches of all processes; gradients flow into both.

    Args:
        backbone: Config of the backbone; its last level is used, averaged.
        prediction: Config of the loss, such as ``MaskedPredictionLoss``.
        num_blocks: Blocks V of a video.
        embedding_dim: Width of the features and of the transformer.
        num_layers: Layers of the transformer.
        num_heads: Heads of each.
        dropout_ratio: Dropout in each.
        mask_share: Share of the blocks that are masked, one at least.
        data_preprocessor: As in mmengine.
        init_cfg: As in mmengine.
    """

    embedding = 'features of blocks that predictions are compared with'

    def __init__(
        self,
        backbone: dict,
        prediction: dict,
        num_blocks: int = 8,
        embedding_dim: int = 256,
        num_layers: int = 2,
        num_heads: int = 4,
        dropout_ratio: float = 0.1,
        mask_share: float = 0.25,
        data_preprocessor: dict | None = None,
        init_cfg: dict | list | None = None,
    ) -> None:
        super().__init__(backbone, data_preprocessor, init_cfg)
        if not 0 < mask_share <= 1:
            raise ValueError(f'mask_share is {mask_share}: must be above 0 and at most 1')
        if num_layers < 1:
            raise ValueError(f'num_layers must be at least 1, got {num_layers}')
        self.num_masked = max(round(mask_share * num_blocks), 1)
        self.projection = nn.Linear(self.level_channels()[-1], embedding_dim)
        self.mask = nn.Parameter(torch.zeros(embedding_dim))
        self.places = nn.Parameter(torch.zeros(num_blocks, embedding_dim))
        for parameter in (self.mask, self.places):
            nn.init.trunc_normal_(parameter, std=0.02)
        layer = nn.TransformerEncoderLayer(
            embedding_dim,
            num_heads,
            4 * embedding_dim,
            dropout_ratio,
            'gelu',
            batch_first=True,
            norm_first=True,
        )
        self.transformer = nn.TransformerEncoder(layer, num_layers, enable_nested_tensor=False)
        self.output = nn.Linear(embedding_dim, embedding_dim)
        self.prediction = MODELS.build(prediction)

    def loss(self, inputs: Tensor, data_samples: list | None = None) -> dict[str, Tensor]:
        """Terms and monitors of a batch (N, V, 3, T, H, W) of V consecutive blocks."""
        if inputs.shape[1] != len(self.places):
            raise ValueError(
                f'CBT has places for {len(self.places)} blocks, the sampler gives {inputs.shape[1]}: '
                'model.num_blocks and its num_blocks must agree'
            )
        blocks = self.embed_blocks(inputs.flatten(0, 1)).unflatten(0, inputs.shape[:2])  # (N, V, D)
        masked = self.draw_mask(len(blocks))
        (true,) = gather_all([blocks])
        loss, accuracy = self.prediction.loss_and_accuracy(
            self.predict(blocks, masked), true, masked, get_rank() * len(blocks)
        )
        spread = embedding_std(blocks.flatten(0, 1))
        return dict(loss_masked=loss, acc_masked=accuracy, stat_std=spread)

    def draw_mask(self, count: int) -> Tensor:
        """Which blocks are masked, (count, V) on the CPU: as many of each video."""
        return torch.rand(count, len(self.places)).argsort(1) < self.num_masked

    def predict(self, blocks: Tensor, masked: Tensor) -> Tensor:
        """What the transformer makes of blocks (N, V, D), without seeing the masked ones (N, V)."""
        hidden = masked.to(blocks.device, non_blocking=True)[..., None]
        seen = torch.where(hidden, self.mask.to(blocks.dtype), blocks)
        return self.output(self.transformer(seen + self.places))

    def embed_blocks(self, clips: Tensor) -> Tensor:
        """Features (M, D) of clips (M, 3, T, H, W)."""
        return self.projection(self.extract_feat(clips)[-1].mean((2, 3, 4)))

    def monitor_bounds(self, batch_size: int) -> dict[str, Bound | TermBound]:
        """Of the features' spread and of the prediction; a scene tells a video, not which block of it."""
        blocks = len(self.places)
        term = TermBound(batch_size * blocks, self.prediction.loss_weight, SCENE, blocks)
        return super().monitor_bounds(batch_size) | {'loss_masked': term}

    def embed(self, clips: Tensor) -> Embeddings:
        """Features of clips (M, 3, T, H, W), each a block."""
        return Embeddings(self.embed_blocks(clips).float())
