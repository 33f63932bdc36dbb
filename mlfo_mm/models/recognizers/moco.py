"""MoCo v2 on two clips (He et al., CVPR 2020, arXiv 1911.05722; Chen et al., arXiv 2003.04297)."""

from __future__ import annotations

from mmaction.registry import MODELS
from torch import Tensor

from ..losses import embedding_std
from ..necks import ProjectionMLP
from ..utils import Bound, FeatureQueue, MomentumEncoder, TermBound, gather_all
from .base import Embeddings, SelfSupervisedRecognizer
from .two_views import two_views


@MODELS.register_module()
class MoCo(SelfSupervisedRecognizer):
    """The first clip's query finds the second clip's momentum-encoded key among a queue of old keys.

    Keys and queue are those of all processes. The queue starts empty (the released code fills it
    with noise), so that the first step has no negatives and a loss of 0.

    Args:
        backbone: Config of the backbone; its last level is used.
        projection: Arguments of :class:`ProjectionMLP`.
        contrast: Config of the loss, such as ``InfoNCELoss``.
        queue_size: K, the number of old keys.
        momentum: m of the key encoder.
        data_preprocessor: As in mmengine.
        init_cfg: As in mmengine.
    """

    embedding = 'queries of instance discrimination'

    def __init__(
        self,
        backbone: dict,
        projection: dict,
        contrast: dict,
        queue_size: int = 65536,
        momentum: float = 0.999,
        data_preprocessor: dict | None = None,
        init_cfg: dict | list | None = None,
    ) -> None:
        super().__init__(backbone, data_preprocessor, init_cfg)
        self.projection = ProjectionMLP(self.level_channels()[-1], **projection)
        self.key_encoder = MomentumEncoder([self.backbone, self.projection], momentum)
        self.queue = FeatureQueue(queue_size, self.projection.out_channels)
        self.contrast = MODELS.build(contrast)

    def loss(self, inputs: Tensor, data_samples: list | None = None) -> dict[str, Tensor]:
        """Terms and monitors of a batch (N, 2, 3, T, H, W)."""
        return self.contrasted(inputs)[0]

    def contrasted(self, inputs: Tensor) -> tuple[dict[str, Tensor], Tensor, Tensor]:
        """Terms and monitors of a batch, its queries (N, D) and its keys (N, D)."""
        first, second = two_views(inputs).chunk(2)
        self.key_encoder.update([self.backbone, self.projection], self.progress)
        queries = self.projection(self.extract_feat(first)[-1])  # (N, D)
        keys = self.key_encoder(second)
        loss, accuracy = self.contrast.loss_and_accuracy(queries, keys, self.queue.get())
        self.queue.enqueue(*gather_all([keys]))
        logs = dict(loss_contrast=loss, acc_contrast=accuracy, stat_std=embedding_std(queries))
        return logs, queries, keys

    def monitor_bounds(self, batch_size: int) -> dict[str, Bound | TermBound]:
        """Of the queries' spread, and of the contrast with the queue."""
        contrast = TermBound(1 + self.queue.size, self.contrast.loss_weight)
        return super().monitor_bounds(batch_size) | {'loss_contrast': contrast}

    def embed(self, clips: Tensor) -> Embeddings:
        """Queries of clips (M, 3, T, H, W)."""
        return Embeddings(self.projection(self.extract_feat(clips)[-1]).float())
