"""SimCLR (Chen et al., ICML 2020) on two clips, as in CVRL (Qian et al., CVPR 2021, arXiv 2008.03800)."""

from __future__ import annotations

from mmaction.registry import MODELS
from torch import Tensor

from ..losses import embedding_std
from ..losses.bounds import pair_bound
from ..necks import ProjectionMLP
from ..utils import Bound, TermBound, gather_all
from .base import Embeddings, SelfSupervisedRecognizer
from .two_views import two_views


@MODELS.register_module()
class SimCLR(SelfSupervisedRecognizer):
    """Two clips of a video attract, all other clips of the batch of all processes repel.

    Args:
        backbone: Config of the backbone; its last level is used.
        projection: Arguments of :class:`ProjectionMLP`.
        contrast: Config of the loss, such as ``NTXentLoss``.
        data_preprocessor: As in mmengine.
        init_cfg: As in mmengine.
    """

    embedding = 'embeddings of instance discrimination'

    def __init__(
        self,
        backbone: dict,
        projection: dict,
        contrast: dict,
        data_preprocessor: dict | None = None,
        init_cfg: dict | list | None = None,
    ) -> None:
        super().__init__(backbone, data_preprocessor, init_cfg)
        self.projection = ProjectionMLP(self.level_channels()[-1], **projection)
        self.contrast = MODELS.build(contrast)

    def loss(self, inputs: Tensor, data_samples: list | None = None) -> dict[str, Tensor]:
        """Terms and monitors of a batch (N, 2, 3, T, H, W)."""
        z = self.projection(self.extract_feat(two_views(inputs))[-1])  # (2N, D), view by view
        z1, z2 = gather_all(z.chunk(2))
        loss, accuracy = self.contrast.loss_and_accuracy(z1, z2)
        return dict(loss_contrast=loss, acc_contrast=accuracy, stat_std=embedding_std(z1))

    def monitor_bounds(self, batch_size: int) -> dict[str, Bound | TermBound]:
        """Of the embeddings' spread, and of the contrast."""
        contrast = pair_bound(self.contrast, batch_size)
        return super().monitor_bounds(batch_size) | {'loss_contrast': contrast}

    def embed(self, clips: Tensor) -> Embeddings:
        """Embeddings of clips (M, 3, T, H, W)."""
        return Embeddings(self.projection(self.extract_feat(clips)[-1]).float())
