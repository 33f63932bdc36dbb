"""TCLR: temporal contrastive learning (Dave et al., CVIU 2022, arXiv 2101.07974)."""

from __future__ import annotations

from itertools import combinations, product

import torch
import torch.nn.functional as F
from mmaction.registry import MODELS
from torch import Tensor, nn

from ..losses import embedding_std
from ..losses.bounds import pair_bound, retrieval_bound
from ..necks import ProjectionMLP
from ..utils import Bound, TermBound, gather_all
from .base import Embeddings, SelfSupervisedRecognizer


@MODELS.register_module()
class TCLR(SelfSupervisedRecognizer):
    """Instance contrast, and contrast in time: clips of one video, and steps of a long one, differ.

    A long clip's span is filled by L short clips; all are shown in two views. Videos are told from each
    other by their long clips and by any two of their short ones; the short clips of one video from
    each other; and each step of a long clip's features belongs to the short clip of its time. Every set
    of clips, and every step, is a batch of its own for batch norm, which takes off what all clips at
    one place have in common.

    Args:
        backbone: Config of the backbone; its last level is used.
        projection: Arguments of :class:`ProjectionMLP`, which a batch norm follows.
        global_instance: Config of the contrast of long clips, such as ``NTXentLoss``.
        local_instance: Of the contrast of short clips, the mean over all pairs of their sets.
        local_local: Of that among a video's short clips, such as ``TemporalContrastLoss``.
        global_local: Of steps and short clips, such as ``TimestampRetrievalLoss``, the mean over
            pairs of views.
        step_level: Level of the long clip whose steps are compared, averaged to L. One below the last
            has a projection of its own.
        data_preprocessor: As in mmengine.
        init_cfg: As in mmengine.
    """

    embedding = 'embeddings of instance discrimination'

    def __init__(
        self,
        backbone: dict,
        projection: dict,
        global_instance: dict,
        local_instance: dict,
        local_local: dict,
        global_local: dict,
        step_level: int = -1,
        data_preprocessor: dict | None = None,
        init_cfg: dict | list | None = None,
    ) -> None:
        super().__init__(backbone, data_preprocessor, init_cfg)
        channels = self.level_channels()
        self.step_level = step_level % len(channels)
        self.projection = _projection(channels[-1], projection)
        self.step_projection = (
            None
            if self.step_level == len(channels) - 1
            else _projection(channels[self.step_level], projection)
        )
        self.global_instance = MODELS.build(global_instance)
        self.local_instance = MODELS.build(local_instance)
        self.local_local = MODELS.build(local_local)
        self.global_local = MODELS.build(global_local)

    def loss(self, inputs: Tensor, data_samples: list | None = None) -> dict[str, Tensor]:
        """Terms and monitors of a batch (N, 2 + 2L, 3, T, H, W): a long clip, L short ones, and again."""
        per_view, odd = divmod(inputs.shape[1], 2)
        if odd or per_view < 3:
            raise ValueError(
                f'TCLR needs a long and at least 2 short clips twice, the sampler gives '
                f'{inputs.shape[1]}: it needs SampleGlobalLocal'
            )
        embedded, steps = [], []
        for place, clips in enumerate(inputs.unbind(1)):
            levels = self.extract_feat(clips)
            embedded.append(self.projection(levels[-1]))  # (N, D)
            if place % per_view == 0:
                steps.append(self.steps(levels[self.step_level], per_view - 1))  # (N, D, L)
        views = embedded[1:per_view], embedded[per_view + 1 :]  # L short clips each
        found = dict(
            local_local=self.local_local.loss_and_accuracy(*(torch.stack(v, 1) for v in views))
        )
        positions = torch.arange(per_view - 1)
        short = [torch.stack(view, 2) for view in views]  # (N, D, L)
        found['global_local'] = _mean(
            self.global_local.loss_and_accuracy(long, clips, positions)
            for long, clips in product(steps, short)
        )
        everything = gather_all(embedded)  # of all processes
        first, second = everything[:per_view], everything[per_view:]
        found['global'] = self.global_instance.loss_and_accuracy(first[0], second[0])
        found['local'] = _mean(
            self.local_instance.loss_and_accuracy(*pair)
            for pair in combinations([*first[1:], *second[1:]], 2)
        )
        logs = {f'loss_{name}': loss for name, (loss, _) in found.items()}
        logs |= {f'acc_{name}': accuracy for name, (_, accuracy) in found.items()}
        return logs | dict(stat_std=embedding_std(embedded[0]))

    def steps(self, level: Tensor, count: int) -> Tensor:
        """Embeddings (N, D, L) of a long clip's steps, level (N, C, T', H', W')."""
        if level.shape[2] < count:
            raise ValueError(
                f'level {self.step_level} has {level.shape[2]} steps for {count} short clips: set a '
                'lower model.step_level, or a smaller sampler.num_local'
            )
        pooled = F.adaptive_avg_pool1d(level.flatten(3).mean(3), count)
        projection = self.step_projection or self.projection
        return torch.stack([projection(step) for step in pooled.unbind(2)], 2)

    def monitor_bounds(self, batch_size: int) -> dict[str, Bound | TermBound]:
        """Of the embeddings' spread, and of all four terms; those in time once L is known."""
        bounds = super().monitor_bounds(batch_size) | dict(
            loss_global=pair_bound(self.global_instance, batch_size),
            loss_local=pair_bound(self.local_instance, batch_size),
        )
        if self.shown is not None:
            count = self.shown[0] // 2 - 1
            bounds['loss_local_local'] = pair_bound(self.local_local, count)
            bounds['loss_global_local'] = retrieval_bound(self.global_local, count, ends=False)
        return bounds

    def embed(self, clips: Tensor) -> Embeddings:
        """Embeddings of clips (M, 3, T, H, W)."""
        return Embeddings(self.projection(self.extract_feat(clips)[-1]).float())


def _projection(channels: int, arguments: dict) -> nn.Sequential:
    mlp = ProjectionMLP(channels, **arguments)
    mlp.layers[-1].bias.requires_grad_(False)  # the batch norm after it takes any shift out again
    return nn.Sequential(mlp, nn.BatchNorm1d(mlp.out_channels))


def _mean(pairs) -> tuple[Tensor, Tensor]:
    losses, accuracies = zip(*pairs, strict=True)
    return torch.stack(losses).mean(), torch.stack(accuracies).mean()
