"""MemDPC, RGB stream (Han et al., ECCV 2020, arXiv 2008.01065)."""

from __future__ import annotations

import torch
from mmaction.registry import MODELS
from mmengine.dist import get_rank
from torch import Tensor, nn

from ..losses import embedding_std
from ..losses.bounds import dense_bound
from ..necks import MemoryPredictor, RecurrentAggregator
from ..utils import Bound, TermBound, gather_all
from .base import Embeddings, SelfSupervisedRecognizer


@MODELS.register_module()
class MemDPC(SelfSupervisedRecognizer):
    """Past blocks of a video predict the feature maps of future ones, and future blocks past ones.

    A block is one clip of the batch. Both directions have a recurrent cell of their own and share
    the predictor with its memory. A prediction is compared with the true maps of the blocks to come
    in the batches of all processes; gradients flow into both.

    Args:
        backbone: Config of the backbone; its last level is used, averaged over time.
        prediction: Config of the loss, such as ``DensePredictionLoss``.
        feature_size: Channels that maps are projected to; None leaves them as the backbone has them.
        predict_steps: Blocks S to predict; all others are the context.
        memory_size: Vectors of the memory.
        dropout_ratio: Dropout of the recurrent state after each step.
        init_gain: Gain of the orthogonal initialisation of all but backbone and memory.
        data_preprocessor: As in mmengine.
        init_cfg: As in mmengine.
    """

    embedding = 'maps of blocks that predictions are compared with, averaged over positions'

    def __init__(
        self,
        backbone: dict,
        prediction: dict,
        feature_size: int | None = 256,
        predict_steps: int = 3,
        memory_size: int = 1024,
        dropout_ratio: float = 0.1,
        init_gain: float = 0.1,
        data_preprocessor: dict | None = None,
        init_cfg: dict | list | None = None,
    ) -> None:
        super().__init__(backbone, data_preprocessor, init_cfg)
        self.predict_steps = predict_steps
        channels = self.level_channels()[-1]
        size = feature_size or channels
        self.projection = nn.Conv2d(channels, size, 1) if feature_size else nn.Identity()
        self.past = RecurrentAggregator(size, dropout_ratio)
        self.future = RecurrentAggregator(size, dropout_ratio)
        self.predictor = MemoryPredictor(size, memory_size)
        self.prediction = MODELS.build(prediction)
        for module in (self.projection, self.past, self.future, self.predictor.address):
            for parameter in module.parameters():
                if parameter.ndim == 1:
                    nn.init.zeros_(parameter)
                else:  # unscaled logits: they must start small
                    nn.init.orthogonal_(parameter, init_gain)

    def loss(self, inputs: Tensor, data_samples: list | None = None) -> dict[str, Tensor]:
        """Terms and monitors of a batch (N, V, 3, T, H, W) of V consecutive blocks."""
        steps = self.predict_steps
        if inputs.shape[1] <= steps:
            raise ValueError(
                f'to predict {steps} blocks takes more than {steps}, the sampler gives '
                f'{inputs.shape[1]}: model.predict_steps and its num_blocks must agree'
            )
        maps = self.maps(inputs.flatten(0, 1)).unflatten(0, inputs.shape[:2])  # (N, V, D, H', W')
        turned = maps.flip(1)
        ahead, behind = gather_all([maps[:, -steps:], turned[:, -steps:]])  # of all processes
        first = get_rank() * len(maps)
        loss, accuracy = self.prediction.loss_and_accuracy(
            self.predict(self.past, maps[:, :-steps]), ahead, first
        )
        loss_back, accuracy_back = self.prediction.loss_and_accuracy(
            self.predict(self.future, turned[:, :-steps]), behind, first
        )
        return dict(
            loss_forward=loss,
            loss_backward=loss_back,
            acc_forward=accuracy,
            acc_backward=accuracy_back,
            stat_std=embedding_std(maps.movedim(2, -1).flatten(0, 3)),  # of all that is told apart
        )

    def maps(self, blocks: Tensor) -> Tensor:
        """Maps (M, D, H', W') of blocks (M, 3, T, H, W)."""
        high = self.extract_feat(blocks)[-1]  # (M, C, T', H', W')
        return self.projection(high.mean(2))

    def monitor_bounds(self, batch_size: int) -> dict[str, Bound | TermBound]:
        """Of the maps' spread, and of both predictions."""
        bounds = super().monitor_bounds(batch_size)
        for *_, height, width in self.level_shapes()[-1:]:
            term = dense_bound(self.prediction, batch_size, self.predict_steps, height * width)
            bounds |= {'loss_forward': term, 'loss_backward': term}
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
