"""SimSiam on two clips (Chen & He, CVPR 2021, arXiv 2011.10566)."""

from __future__ import annotations

from mmaction.registry import MODELS
from torch import Tensor, nn

from ..losses import embedding_std
from ..necks import ProjectionMLP
from .base import Embeddings, SelfSupervisedRecognizer
from .two_views import two_views


@MODELS.register_module()
class SimSiam(SelfSupervisedRecognizer):
    """Each clip predicts the other's projection, which gets no gradient; there is no second network.

    Args:
        backbone: Config of the backbone; its last level is used.
        projection: Arguments of :class:`ProjectionMLP`; a batch norm without affine follows it.
        predictor: Those of the network from projections to projections, its sizes at the ends left
            out.
        prediction: Config of the loss, such as ``CosinePredictionLoss``.
        data_preprocessor: As in mmengine.
        init_cfg: As in mmengine.
    """

    embedding = 'projections'

    def __init__(
        self,
        backbone: dict,
        projection: dict,
        predictor: dict,
        prediction: dict,
        data_preprocessor: dict | None = None,
        init_cfg: dict | list | None = None,
    ) -> None:
        super().__init__(backbone, data_preprocessor, init_cfg)
        mlp = ProjectionMLP(self.level_channels()[-1], **projection)
        # the batch norm after it takes any shift out again
        mlp.layers[-1].bias.requires_grad_(False)
        size = mlp.out_channels
        self.projection = nn.Sequential(mlp, nn.BatchNorm1d(size, affine=False))
        self.predictor = ProjectionMLP(size, out_channels=size, **predictor)
        self.prediction = MODELS.build(prediction)

    def loss(self, inputs: Tensor, data_samples: list | None = None) -> dict[str, Tensor]:
        """Terms and monitors of a batch (N, 2, 3, T, H, W)."""
        z = self.projection(self.extract_feat(two_views(inputs))[-1])  # (2N, D), view by view
        z1, z2 = z.chunk(2)
        p1, p2 = self.predictor(z).chunk(2)
        # the loss stops the gradient through its targets
        loss = self.prediction(p1, z2) + self.prediction(p2, z1)
        return dict(loss_prediction=loss, stat_std=embedding_std(z1))

    def embed(self, clips: Tensor) -> Embeddings:
        """Projections of clips (M, 3, T, H, W)."""
        return Embeddings(self.projection(self.extract_feat(clips)[-1]).float())
