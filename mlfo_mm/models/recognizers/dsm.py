"""DSM: scene and motion apart (Wang et al., AAAI 2021, arXiv 2009.05757)."""

from __future__ import annotations

from typing import Any

import torch
from mmaction.registry import MODELS
from torch import Tensor

from ..losses import embedding_std
from ..losses.bounds import SCENE
from ..utils import Bound, TermBound, gather_all
from .dsm_warp import draw_warps, warp
from .moco import MoCo


@MODELS.register_module()
class DSM(MoCo):
    """MoCo with a positive of the same motion and a negative of the same scene.

    Of three clips the first two are one segment of a video; the first one's scene is disturbed by
    local warps. It asks for the second's key, among old keys of other videos and the third clip,
    of another time of the same video, which goes through the query encoder.

    Args:
        num_warps: Most warps of a clip; 0 for none.
        centre: Range of their points, as a share of the frame's side.
        shift: Range of their shifts, as a share of it. All other arguments are those of :class:`MoCo`.
    """

    embedding = 'queries of instance discrimination, against other times of a video too'

    def __init__(
        self,
        backbone: dict,
        projection: dict,
        contrast: dict,
        num_warps: int = 3,
        centre: tuple[float, float] = (60 / 224, 140 / 224),
        shift: tuple[float, float] = (10 / 224, 20 / 224),
        queue_size: int = 16384,
        momentum: float = 0.999,
        data_preprocessor: dict | None = None,
        init_cfg: dict | list | None = None,
    ) -> None:
        super().__init__(
            backbone, projection, contrast, queue_size, momentum, data_preprocessor, init_cfg
        )
        if num_warps < 0:
            raise ValueError(f'num_warps must be at least 0, got {num_warps}')
        self.num_warps, self.centre, self.shift = num_warps, centre, shift

    def loss(self, inputs: Tensor, data_samples: list | None = None) -> dict[str, Any]:
        """Terms and monitors of a batch (N, 3, 3, T, H, W)."""
        if inputs.shape[1] != 3:
            raise ValueError(f'DSM needs 3 clips of a video, the sampler gives {inputs.shape[1]}')
        anchor, positive, other = inputs.unbind(1)
        if self.num_warps:
            warps = draw_warps(len(anchor), self.num_warps, self.centre, self.shift)
            anchor = warp(anchor, *warps)
        self.key_encoder.update([self.backbone, self.projection], self.progress)
        z = self.projection(self.extract_feat(torch.cat([anchor, other]))[-1])  # (2N, D)
        queries, own = z.chunk(2)
        keys = self.key_encoder(positive)
        loss, accuracy = self.contrast.loss_and_accuracy(
            queries, keys, self.queue.get(), own[:, None]
        )
        _, motion = self.contrast.loss_and_accuracy(queries, keys, keys[:0], own[:, None])
        self.queue.enqueue(*gather_all([keys]))
        return dict(
            loss_contrast=loss,
            acc_contrast=accuracy,
            acc_motion=motion,
            stat_std=embedding_std(queries),
        )

    def monitor_bounds(self, batch_size: int) -> dict[str, Bound | TermBound]:
        """Of the queries' spread and of the contrast; by their scene both clips of a video are alike."""
        term = TermBound(2 + self.queue.size, self.contrast.loss_weight, SCENE, 2)
        return super().monitor_bounds(batch_size) | {'loss_contrast': term}
