"""Dense predictive coding (Han et al., ICCV-W 2019, arXiv 1909.04656)."""

from __future__ import annotations

import torch
from mmaction.registry import MODELS
from mmengine.dist import get_rank
from torch import Tensor, nn

from ..losses import embedding_std
from ..losses.bounds import dense_bound
from ..necks import RecurrentAggregator
from ..utils import Bound, TermBound, gather_all
from .base import Embeddings, SelfSupervisedRecognizer


@MODELS.register_module()
class DPC(SelfSupervisedRecognizer):
    """Past blocks of a video predict the feature maps of future ones.

    A block is one clip of the batch. A prediction is compared with the true maps of the blocks to come
    in the batches of all processes; gradients flow into both. In both directions, each has a recurrent
    cell of its own, and they share the predictor.

    Args:
        backbone: Config of the backbone; its last level is used, averaged over time.
        prediction: Config of the loss, such as ``DensePredictionLoss``.
        predictor: Config of the network from a state to the next map, without its ``channels``:
            ``MapPredictor`` or ``MemoryPredictor``.
        feature_size: Channels that maps are projected to; None leaves them as the backbone has them.
        predict_steps: Blocks S to predict; all others are the context.
        bidirectional: Future blocks also predict past ones.
        dropout_ratio: Dropout of the recurrent state after each step.
        init_gain: Gain of the orthogonal initialisation of all convolutions but the backbone's.
        data_preprocessor: As in mmengine.
        init_cfg: As in mmengine.
    """

    embedding = 'maps of blocks that predictions are compared with, averaged over positions'

    def __init__(
        self,
        backbone: dict,
        prediction: dict,
        predictor: dict,
        feature_size: int | None = 256,
        predict_steps: int = 3,
        bidirectional: bool = False,
        dropout_ratio: float = 0.1,
        init_gain: float = 1.0,
        data_preprocessor: dict | None = None,
        init_cfg: dict | list | None = None,
    ) -> None:
        super().__init__(backbone, data_preprocessor, init_cfg)
        if predict_steps < 1:
            raise ValueError(f'predict_steps must be at least 1, got {predict_steps}')
        self.predict_steps = predict_steps
        channels = self.level_channels()[-1]
        size = feature_size or channels
        self.projection = nn.Conv2d(channels, size, 1) if feature_size else nn.Identity()
        self.past = RecurrentAggregator(size, dropout_ratio)
        self.future = RecurrentAggregator(size, dropout_ratio) if bidirectional else None
        self.predictor = MODELS.build(dict(predictor, channels=size))
        self.prediction = MODELS.build(prediction)
        for name, module in self.named_modules():
            if isinstance(module, nn.Conv2d) and not name.startswith('backbone.'):
                nn.init.orthogonal_(module.weight, init_gain)
                nn.init.zeros_(module.bias)

    def loss(self, inputs: Tensor, data_samples: list | None = None) -> dict[str, Tensor]:
        """Terms and monitors of a batch (N, V, 3, T, H, W) of V consecutive blocks."""
        steps = self.predict_steps
        if inputs.shape[1] <= steps:
            raise ValueError(
                f'to predict {steps} blocks takes more than {steps}, the sampler gives '
                f'{inputs.shape[1]}: model.predict_steps and its num_blocks must agree'
            )
        maps = self.maps(inputs.flatten(0, 1)).unflatten(0, inputs.shape[:2])  # (N, V, D, H', W')
        directions = dict(forward=(self.past, maps))
        if self.future is not None:
            directions['backward'] = (self.future, maps.flip(1))
        true = gather_all([shown[:, -steps:] for _, shown in directions.values()])
        logs = {}
        for (name, (cell, shown)), targets in zip(directions.items(), true, strict=True):
            logs[f'loss_{name}'], logs[f'acc_{name}'] = self.prediction.loss_and_accuracy(
                self.predict(cell, shown[:, :-steps]), targets, get_rank() * len(maps)
            )
        # of all that is told apart
        return logs | dict(stat_std=embedding_std(maps.movedim(2, -1).flatten(0, 3)))

    def maps(self, blocks: Tensor) -> Tensor:
        """Maps (M, D, H', W') of blocks (M, 3, T, H, W)."""
        high = self.extract_feat(blocks)[-1]  # (M, C, T', H', W')
        return self.projection(high.mean(2))

    def monitor_bounds(self, batch_size: int) -> dict[str, Bound | TermBound]:
        """Of the maps' spread, and of each direction's prediction."""
        bounds = super().monitor_bounds(batch_size)
        names = ('loss_forward', 'loss_backward')[: 1 if self.future is None else 2]
        for *_, height, width in self.level_shapes()[-1:]:
            term = dense_bound(self.prediction, batch_size, self.predict_steps, height * width)
            bounds |= dict.fromkeys(names, term)
        return bounds

    def embed(self, clips: Tensor) -> Embeddings:
        """Mean over the positions of each clip's map, clips (M, 3, T, H, W)."""
        return Embeddings(self.maps(clips).float().mean((2, 3)))

    def predict(self, aggregator: RecurrentAggregator, context: Tensor) -> Tensor:
        """Maps (N, S, D, H', W') of the blocks that follow a context (N, V - S, D, H', W')."""
        state = aggregator(context.relu())
        predicted = [self.predictor(state)]
        for _ in range(self.predict_steps - 1):
            state = aggregator(predicted[-1].relu()[:, None], state)
            predicted.append(self.predictor(state))
        return torch.stack(predicted, 1)
