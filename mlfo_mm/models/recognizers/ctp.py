"""CtP, catch the patch (Wang et al., CVPR 2021, arXiv 2105.02545)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from mmaction.registry import MODELS
from torch import Tensor

from ..losses.bounds import STILL
from ..utils import Bound, TermBound, gather_all
from .base import SelfSupervisedRecognizer

TERMS = ('place', 'size')


@MODELS.register_module()
class CtP(SelfSupervisedRecognizer):
    """Patches move over a clip; asked with the box of the first frame, the boxes of all are predicted.

    Args:
        backbone: As in the base class.
        head: Config of the head, ``TrajectoryHead``.
        trajectory: Config of the loss, ``TrajectoryLoss``.
        levels: Which levels the head reads: 0 is the lowest, -1 the last. Where the last has a
            single position, places show in the others alone.
        data_preprocessor: As in mmengine.
        init_cfg: As in mmengine.
    """

    still: Tensor

    def __init__(
        self,
        backbone: dict,
        head: dict,
        trajectory: dict,
        levels: Sequence[int] = (-1,),
        data_preprocessor: dict | None = None,
        init_cfg: dict | list | None = None,
    ) -> None:
        super().__init__(backbone, data_preprocessor, init_cfg)
        self.levels = tuple(levels)
        channels = self.level_channels()
        self.head = MODELS.build(dict(head, in_channels=[channels[level] for level in levels]))
        self.trajectory = MODELS.build(trajectory)
        # of a prediction that nothing moves: the mean of both terms over what was shown, and its steps
        self.register_buffer('still', torch.zeros(len(TERMS) + 1))

    def loss(self, inputs: Tensor, data_samples: list | None = None) -> dict[str, Tensor]:
        """Terms and monitors of a batch (N, V, 3, T, H, W), labels (V, P, T, 4) a sample."""
        labels = torch.stack([sample.gt_label for sample in data_samples or []])
        if labels.ndim != 5:
            raise ValueError(
                'CtP got labels without boxes: the pipeline needs PastePatches as its pretext_step'
            )
        if labels.shape[3] != self.head.clip_len:
            raise ValueError(
                f'model.head.clip_len={self.head.clip_len}, but a clip has {labels.shape[3]} frames'
            )
        boxes = labels.to(inputs).flatten(0, 1) / inputs.shape[-1]  # (M, P, T, 4), M = N*V
        levels = self.extract_feat(inputs.flatten(0, 1))
        found = self.head([levels[level] for level in self.levels], boxes[:, :, 0])
        logs = dict(
            zip([f'loss_{term}' for term in TERMS], self.trajectory(found, boxes), strict=True)
        )
        logs['acc_place'] = self._nearer(found, boxes)
        self._note_still(boxes)
        return logs

    def monitor_bounds(self, batch_size: int) -> dict[str, Bound | TermBound]:
        """Of both terms: what standing still has of the clips that were shown."""
        bounds = super().monitor_bounds(batch_size)
        *values, steps = self.still.tolist()
        if steps:
            for term, value in zip(TERMS, values, strict=True):
                bounds[f'loss_{term}'] = TermBound(1, value=value, guess=STILL)
        return bounds

    @torch.no_grad()
    def _nearer(self, found: Tensor, boxes: Tensor) -> Tensor:
        """Share of frames whose patch is nearer to the predicted place than to its first one."""
        found, targets = (each[..., 1:, :2] for each in (found, self.trajectory.targets(boxes)))
        return ((found - targets).norm(dim=-1) < targets.norm(dim=-1)).float().mean()

    @torch.no_grad()
    def _note_still(self, boxes: Tensor) -> None:
        own = torch.stack(self.trajectory.standing_still(boxes))[None]
        (terms,) = gather_all([own])  # (processes, 2)
        self.still[-1] += 1
        self.still[:-1] += (terms.mean(0) - self.still[:-1]) / self.still[-1]
