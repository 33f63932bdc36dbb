"""SwAV on two clips (Caron et al., NeurIPS 2020, arXiv 2006.09882)."""

from __future__ import annotations

import torch
from mmaction.registry import MODELS
from torch import Tensor, nn

from ..losses import embedding_std, sinkhorn
from ..necks import Prototypes
from ..utils import COLLAPSE, Bound, FeatureQueue, TermBound, gather_all
from .base import Embeddings, SelfSupervisedRecognizer
from .two_views import two_views


@MODELS.register_module()
class SwAV(SelfSupervisedRecognizer):
    """Each clip predicts the prototypes that Sinkhorn's algorithm assigns to the other.

    The queue holds embeddings, scored anew with the prototypes of today, and takes part only when
    it is full. (MLFO's queue holds scores.)

    Args:
        backbone: Config of the backbone; its last level is used.
        embedding_dim: Size of the embedding.
        prototypes: Arguments of :class:`Prototypes`, those of its queue left out.
        queue_size: Past embeddings kept for each view; 0 for none.
        queue_begin_epoch: Epoch from which they take part in the targets.
        data_preprocessor: As in mmengine.
        init_cfg: As in mmengine.
    """

    embedding = 'embeddings that the prototypes score'

    def __init__(
        self,
        backbone: dict,
        prototypes: dict,
        embedding_dim: int = 128,
        queue_size: int = 3840,
        queue_begin_epoch: int = 15,
        data_preprocessor: dict | None = None,
        init_cfg: dict | list | None = None,
    ) -> None:
        super().__init__(backbone, data_preprocessor, init_cfg)
        channels = self.level_channels()[-1]
        self.semantic = Prototypes(channels, embedding_dim, queue_size=0, **prototypes)
        self.queues = nn.ModuleList(
            FeatureQueue(queue_size, embedding_dim) for _ in range(2 if queue_size else 0)
        )
        self.queue_begin_epoch = queue_begin_epoch

    def loss(self, inputs: Tensor, data_samples: list | None = None) -> dict[str, Tensor]:
        """Terms and monitors of a batch (N, 2, 3, T, H, W)."""
        epoch = self.current_epoch
        z = self.semantic.projection(
            self.extract_feat(two_views(inputs))[-1]
        )  # (2N, D), view by view
        views = gather_all(z.chunk(2))
        past = [queue.get() for queue in self.queues if self._in_use(queue, epoch)]
        sizes = [len(part) for part in (*views, *past)]
        # one call for all: it normalises the prototypes in place
        scores = self.semantic.scores(torch.cat([*views, *past]), epoch).split(sizes)
        targets = [
            self._targets(scores[view].detach(), [s.detach() for s in scores[2 + view : 3 + view]])
            for view in range(2)
        ]
        for queue, view in zip(self.queues, views, strict=False):
            queue.enqueue(view.detach())
        both = torch.cat(scores[:2])
        return dict(
            loss_semantic=self.semantic.loss(*scores[:2], *targets),
            stat_prototypes_used=self.semantic.count_used(both),
            stat_certainty=self.semantic.certainty(both),
            stat_std=embedding_std(views[0]),
        )

    def embed(self, clips: Tensor) -> Embeddings:
        """Embeddings of clips (M, 3, T, H, W) and their scores by the prototypes."""
        z = self.semantic.projection(self.extract_feat(clips)[-1])  # (M, D)
        return Embeddings(z.float(), self.semantic.scores(z, self.current_epoch))

    def monitor_bounds(self, batch_size: int) -> dict[str, Bound | TermBound]:
        """Of the embeddings' spread and of the prototypes."""
        return {'stat_std': COLLAPSE} | self.semantic.monitor_bounds(batch_size)

    def _in_use(self, queue: FeatureQueue, epoch: int) -> bool:
        return epoch >= self.queue_begin_epoch and queue.full

    def _targets(self, scores: Tensor, past: list[Tensor]) -> Tensor:
        """Assignment (N, K) of one view's scores, balanced together with the queue's."""
        pool = torch.cat([*past, scores])
        return sinkhorn(pool, self.semantic.epsilon, self.semantic.num_iters)[-len(scores) :]
