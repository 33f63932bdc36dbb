"""Prototypes with Sinkhorn targets and a queue (Caron et al., SwAV, NeurIPS 2020; MLFO Eq. 4)."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from mmaction.registry import MODELS
from torch import Tensor, nn

from ..losses import embedding_std, sinkhorn
from ..losses._common import as_float, dot, unit
from ..losses.bounds import swapped_bound
from ..utils import Bound, FeatureQueue, TermBound
from .projection import ProjectionMLP

MIN_USED = 0.02  # share of the prototypes that a batch could use
MIN_CERTAINTY = 0.01  # a fresh network has 0.05 to 0.1


class Prototypes(nn.Module):
    """The semantic branch: projection, prototypes, Sinkhorn targets, and the queue of scores behind them.

    Args:
        in_channels: Channels of the high level.
        embedding_dim: Size of the embedding.
        loss: Config of the swapped prediction.
        num_prototypes: K, at least 2.
        epsilon: Entropy weight of Sinkhorn's algorithm.
        num_iters: Its iterations.
        queue_size: Past scores kept for each view; 0 for none.
        queue_begin_epoch: Epoch from which they take part in the targets.
        freeze_epochs: Epochs at the start in which prototypes get no gradient.
        long_in_batch_norm: Whether the projection's batch norm sees the long clip as well, of which
            no score is taken.
        batch_in_queue: Whether ``queue_size`` counts the batch: targets are then balanced over the
            newest scores of that number, otherwise over the queue and the batch.
    """

    def __init__(
        self,
        in_channels: int,
        embedding_dim: int,
        loss: dict,
        num_prototypes: int = 1000,
        epsilon: float = 0.05,
        num_iters: int = 3,
        queue_size: int = 1024,
        queue_begin_epoch: int = 10,
        freeze_epochs: int = 1,
        long_in_batch_norm: bool = False,
        batch_in_queue: bool = False,
    ) -> None:
        super().__init__()
        if num_prototypes < 2:
            raise ValueError(f'num_prototypes is {num_prototypes}: clustering needs at least 2')
        self.projection = ProjectionMLP(in_channels, out_channels=embedding_dim)
        self.prototypes = nn.Linear(embedding_dim, num_prototypes, bias=False)
        self.loss = MODELS.build(loss)
        self.queues = nn.ModuleList(
            FeatureQueue(queue_size, num_prototypes) for _ in range(2 if queue_size else 0)
        )
        self.epsilon, self.num_iters = epsilon, num_iters
        self.queue_begin_epoch, self.freeze_epochs = queue_begin_epoch, freeze_epochs
        self.long_in_batch_norm = long_in_batch_norm
        self.batch_in_queue = batch_in_queue

    def project(self, short: Tensor, long: Tensor | None) -> Tensor:
        """Embeddings (M, D) of short clips' features (M, C, T', H', W'), beside a long clip's."""
        if not self.long_in_batch_norm or long is None:
            return self.projection(short)
        pooled = torch.cat([features.flatten(2).mean(2) for features in (short, long)])
        return self.projection(pooled)[: len(short)]

    def scores(self, z: Tensor, epoch: int) -> Tensor:
        """Cosine of embeddings (M, D) with each prototype, (M, K); once a step, for all views."""
        with torch.no_grad():
            self.prototypes.weight.copy_(F.normalize(self.prototypes.weight, dim=1))
        weight = self.prototypes.weight
        if epoch < self.freeze_epochs:
            weight = weight.detach()
        z, weight = as_float(z, weight)
        return dot(unit(z), weight)

    @torch.no_grad()
    def targets(self, scores: Tensor, view: int, epoch: int) -> Tensor:
        """Sinkhorn targets (N, K) of one view's scores, and those scores put into the queue."""
        count = scores.shape[0]
        pool = scores
        if self.queues:
            past = self.queues[view].get()
            if epoch >= self.queue_begin_epoch:
                pool = torch.cat([past.to(scores.dtype), scores])
                if self.batch_in_queue:
                    pool = pool[-max(self.queues[view].size, count) :]
            self.queues[view].enqueue(scores)
        return sinkhorn(pool, self.epsilon, self.num_iters)[-count:]

    def compare(
        self, z1: Tensor, z2: Tensor, epoch: int
    ) -> tuple[dict[str, Tensor], tuple[Tensor, Tensor]]:
        """Loss and monitors of both views' embeddings (N, D), and their targets (N, K)."""
        first, second = self.scores(torch.cat([z1, z2]), epoch).chunk(2)
        targets = self.targets(first.detach(), 0, epoch), self.targets(second.detach(), 1, epoch)
        logs = dict(
            loss_semantic=self.loss(first, second, *targets),
            stat_prototypes_used=self.count_used(torch.cat([first, second])),
            stat_std_semantic=embedding_std(z1),
        )
        return logs, targets

    def monitor_bounds(self, batch_size: int) -> dict[str, Bound | TermBound]:
        """Of the term, and of what :meth:`count_used` and :meth:`certainty` say of two clips a sample."""
        usable = min(self.prototypes.out_features, 2 * batch_size)
        used = Bound(max(2.0, MIN_USED * usable), 'prototypes died out')
        certain = Bound(MIN_CERTAINTY, 'clips are not told apart by their prototypes')
        term = swapped_bound(self.loss, self.prototypes.out_features)
        return dict(stat_prototypes_used=used, stat_certainty=certain, loss_semantic=term)

    @staticmethod
    @torch.no_grad()
    def count_used(scores: Tensor) -> Tensor:
        """Number of prototypes that score highest for some embedding, of scores (M, K)."""
        used = scores.new_zeros(scores.shape[1], dtype=torch.float32)
        return used.index_fill_(0, scores.argmax(1), 1.0).sum()

    @torch.no_grad()
    def certainty(self, scores: Tensor) -> Tensor:
        """1 - entropy / log K of the predictions, mean over scores (M, K): 0 where all are even."""
        logs = F.log_softmax(scores / self.loss.temperature, dim=1)
        return 1 + (logs.exp() * logs).sum(1).mean() / math.log(scores.shape[1])
