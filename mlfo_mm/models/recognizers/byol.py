"""BYOL on two clips (Grill et al., NeurIPS 2020, arXiv 2006.07733)."""

from __future__ import annotations

from mmaction.registry import MODELS
from torch import Tensor

from ..losses import embedding_std
from ..necks import ProjectionMLP
from ..utils import MomentumEncoder
from .base import Embeddings, SelfSupervisedRecognizer
from .two_views import two_views


@MODELS.register_module()
class BYOL(SelfSupervisedRecognizer):
    """Each clip predicts the momentum target's embedding of the other; there are no negatives.

    Args:
        backbone: Config of the backbone; its last level is used.
        projection: Arguments of :class:`ProjectionMLP`; the predictor has the same, on the embedding.
        prediction: Config of the loss, such as ``CosinePredictionLoss``.
        momentum: m of the target at the start; it goes to 1 on half a cosine.
        data_preprocessor: As in mmengine.
        init_cfg: As in mmengine.
    """

    embedding = 'projections of the online network'

    def __init__(
        self,
        backbone: dict,
        projection: dict,
        prediction: dict,
        momentum: float = 0.996,
        data_preprocessor: dict | None = None,
        init_cfg: dict | list | None = None,
    ) -> None:
        super().__init__(backbone, data_preprocessor, init_cfg)
        self.projection = ProjectionMLP(self.level_channels()[-1], **projection)
        self.predictor = ProjectionMLP(self.projection.out_channels, **projection)
        self.target = MomentumEncoder([self.backbone, self.projection], momentum, end_momentum=1.0)
        self.prediction = MODELS.build(prediction)

    def loss(self, inputs: Tensor, data_samples: list | None = None) -> dict[str, Tensor]:
        """Terms and monitors of a batch (N, 2, 3, T, H, W)."""
        clips = two_views(inputs)
        self.target.update([self.backbone, self.projection], self.progress)
        z = self.projection(self.extract_feat(clips)[-1])  # (2N, D), view by view
        first, second = self.predictor(z).chunk(2)
        target1, target2 = self.target(clips).chunk(2)
        loss = self.prediction(first, target2) + self.prediction(second, target1)
        return dict(loss_prediction=loss, stat_std=embedding_std(z[: len(first)]))

    def embed(self, clips: Tensor) -> Embeddings:
        """The online network's projections of clips (M, 3, T, H, W)."""
        return Embeddings(self.projection(self.extract_feat(clips)[-1]).float())
