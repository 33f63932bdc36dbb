"""RSPNet: relative speed perception (Chen et al., AAAI 2021, arXiv 2011.07949)."""

from __future__ import annotations

from mmaction.registry import MODELS
from torch import Tensor

from ..losses import embedding_std
from ..losses.bounds import ranking_bound
from ..necks import ProjectionMLP
from ..utils import COLLAPSE, Bound, FeatureQueue, MomentumEncoder, TermBound, gather_all
from .base import Embeddings, SelfSupervisedRecognizer


@MODELS.register_module()
class RSPNet(SelfSupervisedRecognizer):
    """Of two clips of another place, a clip is nearer to the one at its own speed.

    Beside this ranking of motion, both are to be found among old keys of other videos by what they
    show, at whatever speed. Two projections of one width, one after the other in ``projection``'s
    channels, make what shows and what moves. Keys come from a momentum encoder. The queue holds keys
    of the clip at the other speed, of all processes; it starts empty.

    Args:
        backbone: Config of the backbone; its last level is used.
        projection: Arguments of :class:`ProjectionMLP`, ``out_channels`` those of each of the two.
        contrast: Config of the loss of what shows, such as ``InfoNCELoss``, taken of both keys.
        ranking: Config of the loss of what moves, such as ``MarginRankingLoss``.
        queue_size: K, the number of old keys.
        momentum: m of the key encoder.
        data_preprocessor: As in mmengine.
        init_cfg: As in mmengine.
    """

    embedding = 'queries of instance discrimination at any speed'

    def __init__(
        self,
        backbone: dict,
        projection: dict,
        contrast: dict,
        ranking: dict,
        queue_size: int = 16384,
        momentum: float = 0.999,
        data_preprocessor: dict | None = None,
        init_cfg: dict | list | None = None,
    ) -> None:
        super().__init__(backbone, data_preprocessor, init_cfg)
        width = projection['out_channels']
        both = dict(projection, out_channels=2 * width)
        self.projection = ProjectionMLP(self.level_channels()[-1], **both)
        self.key_encoder = MomentumEncoder([self.backbone, self.projection], momentum)
        self.queue = FeatureQueue(queue_size, width)
        self.contrast = MODELS.build(contrast)
        self.ranking = MODELS.build(ranking)

    def loss(self, inputs: Tensor, data_samples: list | None = None) -> dict[str, Tensor]:
        """Terms and monitors of a batch (N, 3, 3, T, H, W): a clip, one at its speed, one at another."""
        if inputs.shape[1] != 3:
            raise ValueError(
                f'RSPNet needs 3 clips of a video, the sampler gives {inputs.shape[1]}: it needs '
                'SampleRelativeSpeeds'
            )
        self.key_encoder.update([self.backbone, self.projection], self.progress)
        queries = self.projection(self.extract_feat(inputs[:, 0])[-1])
        shows, moves = queries.chunk(2, 1)  # (N, D) each
        keys = [self.key_encoder(inputs[:, view]).chunk(2, 1) for view in (1, 2)]
        (like, like_moves), (unlike, unlike_moves) = keys
        old = self.queue.get()
        loss_like, found_like = self.contrast.loss_and_accuracy(shows, like, old)
        loss_unlike, found_unlike = self.contrast.loss_and_accuracy(shows, unlike, old)
        loss, accuracy = self.ranking.loss_and_accuracy(moves, like_moves, unlike_moves)
        self.queue.enqueue(*gather_all([unlike]))
        return dict(
            loss_appearance=loss_like + loss_unlike,
            loss_speed=loss,
            acc_appearance=(found_like + found_unlike) / 2,
            acc_speed=accuracy,
            stat_std=embedding_std(shows),
            stat_std_speed=embedding_std(moves),
        )

    def monitor_bounds(self, batch_size: int) -> dict[str, Bound | TermBound]:
        """Of both spreads, of the contrast of both keys, and of the ranking."""
        return super().monitor_bounds(batch_size) | dict(
            stat_std_speed=COLLAPSE,
            loss_appearance=TermBound(1 + self.queue.size, 2 * self.contrast.loss_weight),
            loss_speed=ranking_bound(self.ranking),
        )

    def embed(self, clips: Tensor) -> Embeddings:
        """Queries of what clips (M, 3, T, H, W) show."""
        queries = self.projection(self.extract_feat(clips)[-1])
        return Embeddings(queries.chunk(2, 1)[0].float())
