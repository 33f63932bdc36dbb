"""CCL: cycles between a video and its frames (Kong et al., NeurIPS 2020, arXiv 2010.14810)."""

from __future__ import annotations

import torch
from mmaction.registry import MODELS
from torch import Tensor, nn

from ..losses import embedding_std
from ..losses._common import as_float, unit
from ..losses.bounds import FRAMES, pair_bound
from ..necks import ProjectionMLP
from ..utils import Bound, TermBound, gather_all
from .base import Embeddings, SelfSupervisedRecognizer


@MODELS.register_module()
class CCL(SelfSupervisedRecognizer):
    """From a video to the frames nearest to it and back, and from a frame to videos and back.

    The steps of the last level but one stand for frames, the last level, averaged over all clips of
    a sample, for the video; a linear layer brings frames to the video's width, and one projection is
    shared. The contrast of a video with the mean of its frames keeps videos apart.

    Args:
        backbone: Config of the backbone.
        projection: Arguments of :class:`ProjectionMLP`.
        cycle: Config of the loss of cycles, such as ``CycleContrastLoss``.
        contrast: Config of the loss of videos and means of frames, such as ``NTXentLoss``.
        data_preprocessor: As in mmengine.
        init_cfg: As in mmengine.
    """

    embedding = 'embeddings of videos that frames come back to'

    def __init__(
        self,
        backbone: dict,
        projection: dict,
        cycle: dict,
        contrast: dict,
        data_preprocessor: dict | None = None,
        init_cfg: dict | list | None = None,
    ) -> None:
        super().__init__(backbone, data_preprocessor, init_cfg)
        *_, mid, high = self.level_channels()
        self.lift = nn.Linear(mid, high)
        self.projection = ProjectionMLP(high, **projection)
        self.cycle = MODELS.build(cycle)
        self.contrast = MODELS.build(contrast)

    def loss(self, inputs: Tensor, data_samples: list | None = None) -> dict[str, Tensor]:
        """Terms and monitors of a batch (N, V, 3, T, H, W)."""
        *_, mid, high = self.extract_feat(inputs.flatten(0, 1))  # (N*V, C, T', H', W')
        steps = mid.flatten(3).mean(3).mT.unflatten(0, inputs.shape[:2])  # (N, V, T', C)
        frames = self.lift(steps.flatten(1, 2))  # (N, M, C'), M = V*T'
        videos = high.flatten(2).mean(2).unflatten(0, inputs.shape[:2]).mean(1)  # (N, C')
        count, size = frames.shape[:2]
        z = self.projection(torch.cat([frames.flatten(0, 1), videos]))  # one batch of batch norm
        own_frames, own_videos = z[:-count].unflatten(0, (count, size)), z[-count:]
        frames, videos = gather_all([own_frames, own_videos])
        loss, accuracy = self.cycle.loss_and_accuracy(videos, frames)
        mean = unit(*as_float(frames)).mean(1)
        apart, found = self.contrast.loss_and_accuracy(videos, mean)
        return dict(
            loss_cycle=loss,
            loss_contrast=apart,
            acc_cycle=accuracy,
            acc_contrast=found,
            stat_std=embedding_std(own_videos),
            stat_std_frames=torch.stack([embedding_std(each) for each in own_frames]).mean(),
        )

    def monitor_bounds(self, batch_size: int) -> dict[str, Bound | TermBound]:
        """Of both terms, and of how far the frames of a video are apart: not at all closes each cycle."""
        return super().monitor_bounds(batch_size) | {
            'loss_cycle': TermBound(batch_size, self.cycle.loss_weight, FRAMES, 1),
            'loss_contrast': pair_bound(self.contrast, batch_size),
            'stat_std_frames': Bound(0.01, 'frames of a video are all alike'),
        }

    def embed(self, clips: Tensor) -> Embeddings:
        """Embeddings of clips (M, 3, T, H, W), each a video of its own."""
        return Embeddings(self.projection(self.extract_feat(clips)[-1]).float())
